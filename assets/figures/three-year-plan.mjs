/** Two invented plans for one renewal cycle of three years: the same hours, spread out or left to the end. */

import { box, dot, group, line, path, stamp, words } from "./kit.js";

const QUARTERS = 12;
/** Hours of supervision and trainings in each quarter, and the half years in which page and folder are looked at. */
export const PLANS = [
  { name: "Spread out", say: "One hour a month, all along", hours: [3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3], trainings: [1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0], looks: [1, 3, 5, 7, 9, 11], className: "f-leaf" },
  { name: "Left to the end", say: "More than one calendar holds", hours: [1, 0, 1, 0, 0, 1, 0, 0, 2, 1, 12, 18], trainings: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 4], looks: [11], className: "f-clay" },
];

/** A small flag: a day for the page and the folder. */
const flag = (x, y) => [line("f-line f-lagoon", x, y, x, y - 20), path("f-line f-lagoon f-tint", `M${x} ${y - 20}L${x + 13} ${y - 15}L${x} ${y - 10}Z`)];

/** A training: a sheet with two lines of writing, `wide` across. */
const sheet = (x, y, wide = 12) => [
  box("f-line f-plum f-tint", x - wide / 2, y - 8, wide, 16, 1.5),
  line("f-line f-plum f-hair", x - wide / 4, y - 2, x + wide / 4, y - 2),
  line("f-line f-plum f-hair", x - wide / 4, y + 2.5, x + wide / 4, y + 2.5),
];

/** Twelve boxes in a row; supervision piles up from the floor three abreast, trainings stand below it. */
function strip({ hours, trainings, looks }, { left, floor, column, tall }) {
  const step = column / 3.6;
  const beside = Math.min(18, column * 0.42);
  return Array.from({ length: QUARTERS }, (_, q) => {
    const x = left + q * column;
    return [
      box("f-line f-hair f-soft", x, floor - tall, column, tall + 48),
      line("f-line f-hair f-soft", x, floor, x + column, floor),
      Array.from({ length: hours[q] }, (_, i) => dot("f-solid f-leaf", x + column / 2 + ((i % 3) - (Math.min(hours[q], 3) - 1) / 2) * step, floor - 9 - Math.floor(i / 3) * (step + 1), step * 0.4)),
      Array.from({ length: trainings[q] }, (_, i) => sheet(x + column / 2 + ((i % 2) - (Math.min(trainings[q], 2) - 1) / 2) * beside, floor + 13 + Math.floor(i / 2) * 21, Math.min(12, column * 0.34))),
      looks.includes(q) && flag(x + column / 2 - 6, floor - tall + 26),
    ];
  });
}

function years(left, y, column) {
  return [0, 1, 2].map((year) => words("f-soft f-middle", left + (year * 4 + 2) * column, y, `Year ${year + 1}`));
}

const key = (x, y, step) =>
  [
    [dot("f-solid f-leaf", 8, -5, 5), "an hour of supervision"],
    [sheet(8, -5), "a training"],
    [flag(4, 4), "page read, proof put away"],
  ].map(([sign, text], i) => group({ transform: `translate(${x + (step.dx?.[i] ?? 0)} ${y + i * (step.dy ?? 0)})` }, sign, words("", 24, 0, text)));

function wide() {
  const place = { left: 20, column: 53.3, tall: 126 };
  return {
    width: 680,
    height: 540,
    shapes: [
      stamp(508, 0, "Two invented plans"),
      PLANS.map((plan, i) => {
        const y = 22 + i * 242;
        return [
          words(`f-name ${plan.className}`, 20, y, plan.name),
          words("f-soft", 150, y, plan.say),
          strip(plan, { ...place, floor: y + 142 }),
        ];
      }),
      years(20, 234, 53.3),
      years(20, 476, 53.3),
      key(20, 522, { dx: [0, 210, 330] }),
    ],
  };
}

function narrow() {
  const place = { left: 0, column: 25, tall: 86 };
  return {
    width: 300,
    height: 590,
    shapes: [
      stamp(0, 0, "Two invented plans"),
      PLANS.map((plan, i) => {
        const y = 54 + i * 224;
        return [
          words(`f-name ${plan.className}`, 0, y, plan.name),
          words("f-soft", 0, y + 20, plan.say),
          strip(plan, { ...place, floor: y + 120 }),
        ];
      }),
      years(0, 242, 25),
      years(0, 466, 25),
      key(0, 514, { dy: 26 }),
    ],
  };
}

export const picture = {
  label: () =>
    "Two invented plans for the same three years, drawn as twelve quarters. In the first, three dots for hours of supervision stand in every quarter, a training stands in every half year, and every half year a flag marks a day on which the page was read and proof put away. In the second plan the first two and a half years are nearly empty, and most of the hours and all of the trainings crowd into the last half year, more than one provider’s calendar holds. Both plans list the same number of hours and of trainings.",
  draw: (_, isWide) => (isWide ? wide() : narrow()),
};
