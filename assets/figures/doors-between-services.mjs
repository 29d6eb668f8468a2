/** From a positive answer to a first appointment: how many get through each door, and who can stand in the gap. */

import { door, home } from "./house.js";
import { box, line, lines, near, path, words } from "./kit.js";
import { at, standing } from "./people.js";

/** Percent of children after 2,882 positive autism screens, as in data/after_a_positive_screen.csv (claim O10). */
export const REFERRED = [40.2, 3.7];
const HUNDRED = 100;

/** Somebody, as small as in a crowd. */
const small = (x, y) => `M${near(x - 4)} ${near(y)}v-4c0-5 8-5 8 0v4zM${near(x - 2.7)} ${near(y - 10.8)}a2.7 2.7 0 1 0 5.4 0a2.7 2.7 0 1 0-5.4 0`;

/** A hundred children standing on a ground, the first `count` of them filled. */
function crowd(x, ground, columns, [across, up], count) {
  const rows = HUNDRED / columns;
  const places = Array.from({ length: HUNDRED }, (_, i) =>
    columns > rows
      ? small(x + (i % columns) * across, ground - 4 - (rows - 1 - Math.floor(i / columns)) * up)
      : small(x + Math.floor(i / rows) * across, ground - 4 - (rows - 1 - (i % rows)) * up));
  return [path("f-clay f-solid", places.slice(0, count).join("")), count < HUNDRED && path("f-line f-hair f-soft", places.slice(count).join(""))];
}

/** How far the three doors stand open, in the drawing only. */
const OPEN = [0.7, 0.4, 0.2];
const COUNTS = [HUNDRED, ...REFERRED.map(Math.round)];
const SAYS = [
  ["children with a", "positive screen"],
  ["got at least one", "recommended referral"],
  ["got all of them", "(3.7 percent)"],
];
const HELP = [
  { name: "a person, not a list", wide: ["In one trial with 1,809", "families, help in person", "did better than a list."], narrow: ["In a trial with 1,809 families,", "better than a list."] },
  { name: "a prompt call", wide: ["About as good as a", "warm hand-off, where", "the two were compared."], narrow: ["About as good as a warm", "hand-off, where compared."] },
  { name: "someone comes along", wide: ["Mixed results, and none", "of the studies was", "randomized."], narrow: ["Mixed results; none of the", "studies was randomized."] },
];

const WORKER = { color: "f-plum", skin: "tan", hair: "bun", glasses: true, mouth: "smile" };

/** Who helps in each of the three: somebody with a hand out, somebody on the phone, somebody beside a parent. */
const HELPERS = [
  (x, y, size) => at(x, y, size, false, standing({ ...WORKER, arm: "offer" })),
  (x, y, size) => at(x, y, size, false, [standing({ ...WORKER, arm: "wave", mouth: "open" }), box("f-line f-ink f-blank", 57, -204, 17, 30, 4)]),
  (x, y, size) => [at(x - 40 * size, y, size, false, standing({ color: "f-lagoon", skin: "umber", hair: "long" })), at(x + 26 * size, y, size, false, standing(WORKER))],
];

function wide() {
  const ground = 214;
  const starts = [6, 204, 402];
  const doors = [168, 366, 566];
  return {
    width: 680,
    height: 436,
    shapes: [
      words("f-name", 0, 16, "After 2,882 positive autism screens in one US network"),
      starts.map((x, i) => [
        crowd(x + 4, ground, 10, [13.4, 17], COUNTS[i]),
        words("f-big f-clay", x, ground + 30, COUNTS[i]),
        lines("", x, ground + 51, 19, SAYS[i]),
      ]),
      doors.map((x, i) => door(x, ground, 34, 78, OPEN[i])),
      home(638, ground, 66),
      lines("", 600, ground + 51, 19, ["first visit:", "not counted"]),
      words("f-soft", 600, ground + 30, "?"),
      line("f-line", 0, ground, 680, ground),
      line("f-line f-hair f-soft", 0, 300, 680, 300),
      words("f-name f-leaf", 0, 328, "Who can stand in the gap"),
      words("f-soft f-end", 680, 328, "from other studies, of other families"),
      HELP.map(({ name, wide: texts }, i) => [
        HELPERS[i](18 + i * 230, 430, 0.34),
        words("f-name f-leaf", 56 + i * 230, 362, name),
        lines("", 56 + i * 230, 383, 19, texts),
      ]),
    ],
  };
}

function narrow() {
  const grounds = [138, 292, 446];
  return {
    width: 300,
    height: 816,
    shapes: [
      lines("f-name", 0, 14, 18, ["After 2,882 positive autism screens", "in one US network"]),
      grounds.map((ground, i) => [
        crowd(8, ground, 20, [14.9, 17], COUNTS[i]),
        line("f-line", 0, ground, 300, ground),
        words("f-big f-clay", 0, ground + 26, COUNTS[i]),
        lines("", 40, ground + 25, 18, SAYS[i]),
        door(268, ground + 58, 26, 50, OPEN[i]),
      ]),
      home(40, 572, 58),
      line("f-line", 0, 572, 300, 572),
      lines("", 86, 544, 18, ["a first visit:", "not counted there"]),
      words("f-name f-leaf", 0, 604, "Who can stand in the gap"),
      words("f-soft", 0, 622, "from other studies, of other families"),
      HELP.map(({ name, narrow: texts }, i) => [
        HELPERS[i](16, 690 + i * 64, 0.25),
        words("f-name f-leaf", 50, 646 + i * 64, name),
        lines("", 50, 664 + i * 64, 17, texts),
      ]),
    ],
  };
}

export const picture = {
  label: () =>
    "The way from a positive answer to a first appointment, as a row of doors. Of 100 children with a positive autism screen, in one US network with 2,882 such screens, 40 got at least one recommended referral and 4 (3.7 percent) got all of them; whether a first visit followed was not counted there. Below, from other studies, who can stand in the gap: a person in place of a list did better in one trial with 1,809 families; a prompt call did about as well as a warm hand-off where the two were compared; for somebody who comes along the results are mixed, and none of the studies was randomized.",
  draw: (_, isWide) => (isWide ? wide() : narrow()),
};
