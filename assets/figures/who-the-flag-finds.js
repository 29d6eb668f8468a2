/** Whom a good questionnaire flags, rightly and wrongly, among a hundred children: arithmetic, not a test. */

import { box, group, line, live, near, path, shape, slider, stamp, words } from "./kit.js";
import { sign } from "./people.js";

/** Of 100 with the trouble, how many it flags; of 100 without, how many it clears. */
export const RIGHT = 80;

/** Whole children of a hundred: `{ found, missed, wrong, cleared }` when so many have the trouble. */
export function counted(rate) {
  const found = Math.round((rate * RIGHT) / 100);
  const cleared = Math.round(((100 - rate) * RIGHT) / 100);
  return { found, missed: rate - found, wrong: 100 - rate - cleared, cleared };
}

/** What share of flags is right, in percent. */
export function trusted(rate) {
  const [found, wrong] = [rate * RIGHT, (100 - rate) * (100 - RIGHT)];
  return (100 * found) / (found + wrong);
}

const MARKS = [1, 5, 20, 40].map((value) => ({ value, text: `${value} in 100` }));
const KINDS = [
  { key: "missed", trouble: true, flag: false, text: "missed" },
  { key: "found", trouble: true, flag: true, text: "flagged rightly" },
  { key: "wrong", trouble: false, flag: true, text: "flagged wrongly" },
  { key: "cleared", trouble: false, flag: false, text: "cleared" },
];

const WIDE = { width: 680, height: 404, columns: 20, across: 34, down: 40, left: 17, top: 62, tall: 30, key: [[14, 298], [140, 298], [322, 298], [506, 298]], beam: [2, 350, 676, 22] };
const NARROW = { width: 300, height: 534, columns: 10, across: 30, down: 31.5, left: 12, top: 64, tall: 25, key: [[12, 414], [150, 414], [150, 446], [12, 446]], beam: [2, 484, 296, 20] };

/** One child of the hundred: filled with the trouble, and with a flag when flagged. */
const child = ({ trouble, flag }, x, y, tall) => [
  sign(`f-line f-lagoon ${trouble ? "f-solid" : "f-blank"}`, x, y, tall),
  group({ class: `f-fade${flag ? "" : " f-off"}` },
    path("f-line f-clay", `M${near(x + tall * 0.42)} ${y}V${near(y - tall * 1.1)}`),
    path("f-line f-clay f-solid", `M${near(x + tall * 0.42)} ${near(y - tall * 1.1)}L${near(x + tall * 0.66)} ${near(y - tall * 0.97)}L${near(x + tall * 0.42)} ${near(y - tall * 0.84)}Z`)),
];

function hundred(counts, { columns, across, down, left, top, tall }) {
  const rows = 100 / columns;
  const kinds = KINDS.flatMap((kind) => Array.from({ length: counts[kind.key] }, () => kind));
  return kinds.map((kind, i) => {
    const [column, row] = columns === 20 ? [Math.floor(i / rows), i % rows] : [i % columns, Math.floor(i / columns)];
    return group({}, child(kind, left + column * across, top + row * down + tall, tall));
  });
}

function key(counts, { key: places }) {
  return KINDS.map((kind, i) => {
    const [x, y] = places[i];
    return [group({}, child(kind, x, y, 26)), words("", x + 20, y - 5, [shape("tspan", { class: "f-big" }, counts[kind.key]), ` ${kind.text}`])];
  });
}

/** All the flags as one beam, of which a part is right; nothing is rounded here. */
function beam(rate, { beam: [x, y, width, height] }, wide) {
  const share = trusted(rate) / 100;
  const told = shape("tspan", { class: "f-big f-clay" }, `${Math.round(100 * share)} of 100 flags`);
  return [
    words("", x, y - 11, [told, wide ? " are right, when the trouble is this common" : " are right"]),
    box("f-line f-clay f-blank", x, y, width, height, 3),
    box("f-clay f-solid", x, y, width * share, height, 3),
    line("f-line f-dash", x + width / 2, y - 3, x + width / 2, y + height + 6),
    words("f-middle f-soft", x + width / 2, y + height + 22, "half right"),
  ];
}

function lesson(rate) {
  const share = Math.round(trusted(rate));
  if (share < 50) return "Most flags are wrong, because the crowd without the trouble is so large.";
  return share === 50 ? "Half of the flags are right." : "Most flags are right now, and still many are not.";
}

const has = (rate) => `${rate === 1 ? "has" : "have"} the trouble`;

function say({ rate }) {
  const { found, missed, wrong } = counted(rate);
  return [
    `If ${rate} of 100 children ${has(rate)}: ${found} flagged rightly, ${missed} missed, ${wrong} flagged wrongly.`,
    `Of 100 flags about ${Math.round(trusted(rate))} are right.`,
    lesson(rate),
  ].join(" ");
}

export const picture = {
  start: { rate: 5 },
  label: (state) =>
    `Arithmetic, not an ACE test: a hundred small figures, filled when they have a trouble, with a flag when a questionnaire flags them. The questionnaire is right ${RIGHT} times in 100, with the trouble and without it. ${say(state)}`,
  say,
  draw({ rate }, wide) {
    const place = wide ? WIDE : NARROW;
    const counts = counted(rate);
    const heading = shape("tspan", { class: "f-big f-lagoon" }, `${rate} of 100`);
    return {
      ...place,
      shapes: [
        words("", 2, wide ? 22 : 48, [heading, ` ${has(rate)}`]),
        stamp(wide ? 445 : 2, 2, "Arithmetic, not an ACE test"),
        group({}, hundred(counts, place)),
        key(counts, place),
        beam(rate, place, wide),
      ],
    };
  },
  controls: [
    slider({
      key: "rate", label: "How common it is", min: 1, max: 50, step: 1, marks: MARKS, called: "settings to show",
      text: ({ rate }) => `${rate} in 100`,
    }),
  ],
};

export default live(picture);
