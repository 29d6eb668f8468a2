/** Who is in the twins' week: a table of hours and faces, for an invented family. */

import { box, line, lines, path, stamp, words } from "./kit.js";
import { face } from "./people.js";

const WHO = {
  J: { name: "Joel", role: "father", looks: { skin: "umber", beard: true }, className: "f-lagoon" },
  C: { name: "Célie", role: "grandmother", looks: { hair: "bun", gray: true, glasses: true }, className: "f-plum" },
  R: { name: "Renata", role: "mother, at sea", looks: { hair: "long" }, className: "f-leaf" },
};
const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
/** One week while Renata is at sea; Joel works late on Thursday, so Célie stays the night. A dash: nobody was needed. */
export const WEEK = [
  { name: ["wakes them"], cells: "JJJJCJJ" },
  { name: ["there by day"], short: ["by day"], cells: "CCCCCJJ" },
  { name: ["feeds them", "in the evening"], short: ["supper"], cells: "JJJCJJC" },
  { name: ["calls from", "the ship"], short: ["calls"], cells: "-R-R--R" },
  { name: ["puts them to bed"], short: ["to bed"], cells: "JJJCJJJ" },
  { name: ["looked for", "in the dark"], short: ["in the", "dark"], cells: "J-JC-JJ" },
];

/** A face in a cell; one that is far away stands in a screen. */
function present(who, x, y, size) {
  const { looks, className } = WHO[who];
  const [wide, tall] = [88 * size, 70 * size];
  return [
    who === "R" ? box(`f-line ${className} f-tint`, x - wide / 2, y - tall / 2, wide, tall, 4) : box(`${className} f-tint`, x - wide / 2, y - tall / 2, wide, tall, 4),
    face(x + 1, y + 1, who === "R" ? size * 0.86 : size, looks),
    who === "R" && path(`f-line ${className}`, `M${x - 9 * size} ${y + tall / 2 + 4}H${x + 9 * size}`),
  ];
}

function table({ left, top, column, row, size, narrow }) {
  const middle = (i) => left + (i + 0.5) * column;
  const right = left + DAYS.length * column;
  return [
    DAYS.map((day, i) => words(`f-middle ${i > 4 ? "f-name" : ""}`, middle(i), top - 10, narrow ? day.slice(0, 2) : day)),
    WEEK.map(({ name, short, cells }, r) => {
      const y = top + (r + 0.5) * row;
      const text = narrow && short ? short : name;
      return [
        line("f-line f-hair f-soft", 0, top + r * row, right, top + r * row),
        lines("", 0, y + 5 - (text.length - 1) * 8.5, 17, text),
        [...cells].map((who, i) => (who === "-" ? line("f-line f-hair f-soft", middle(i) - 5, y, middle(i) + 5, y) : present(who, middle(i), y, size))),
      ];
    }),
    line("f-line f-hair f-soft", 0, top + WEEK.length * row, right, top + WEEK.length * row),
  ];
}

function wide() {
  return {
    width: 680,
    height: 470,
    shapes: [
      Object.keys(WHO).map((who, i) => {
        const x = [24, 164, 352][i];
        return [present(who, x, 26, 0.52), words(`f-name ${WHO[who].className}`, x + 32, 23, WHO[who].name), words("f-soft", x + 32, 41, WHO[who].role)];
      }),
      stamp(543, 2, "An invented week"),
      table({ left: 134, top: 92, column: 77.5, row: 52, size: 0.56 }),
      words("", 0, 434, "No cell outranks another. Who is looked for in the dark changes with who is there."),
      words("f-soft", 0, 458, "In two weeks Renata is home, and they will draw the week again."),
    ],
  };
}

function narrow() {
  return {
    width: 300,
    height: 556,
    shapes: [
      stamp(0, 2, "An invented week"),
      Object.keys(WHO).map((who, i) => {
        const y = 54 + i * 38;
        return [present(who, 22, y, 0.46), words(`f-name ${WHO[who].className}`, 52, y + 5, WHO[who].name), words("f-soft", 112, y + 5, WHO[who].role)];
      }),
      table({ left: 74, top: 190, column: 32.2, row: 44, size: 0.34, narrow: true }),
      lines("", 0, 482, 19, ["No cell outranks another. Who is looked", "for in the dark changes with who is there."]),
      lines("f-soft", 0, 528, 19, ["In two weeks Renata is home, and they", "will draw the week again."]),
    ],
  };
}

export const picture = {
  label: () =>
    "An invented week as a table of hours and faces, Monday to Sunday. Joel, the father, wakes the twins on most days, is there at the weekend and puts them to bed; Célie, the grandmother, is there on weekdays and stays on Thursday night; Renata, the mother, is at sea and calls three times. In the dark the twins look for Joel, and on Thursday for Célie. Several people count, and no cell outranks another.",
  draw: (_, isWide) => (isWide ? wide() : narrow()),
};
