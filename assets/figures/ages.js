/** A stretched time line, shared by all figures that run from before birth to the twenties. */

import { line, words } from "./kit.js";

const BIRTH = 0.75; // years after conception

/** Years after birth, on a scale where the early months get the room they need. */
export const stretch = (years) => Math.log2(years + BIRTH);

/** A function from years after birth to a place between `from` and `to`. */
export function timeline(first, last, from, to) {
  const [low, high] = [stretch(first), stretch(last)];
  return (years) => from + ((stretch(years) - low) / (high - low)) * (to - from);
}

const TICKS = [[0, "birth"], [0.25, "3 mo"], [1, "1"], [2, "2"], [6, "6"], [12, "12"], [16, "16"], [30, "30 years"]];
const FEW = [[0, "birth"], [1, "1"], [2, "2"], [6, "6"], [12, "12"], [30, "30 y"]];

/** The axis under a figure: a hairline, ticks, and what they count. */
export function axis(at, { from, to, y, wide }) {
  return [
    line("f-line f-hair f-soft", from, y, to, y),
    (wide ? TICKS : FEW).map(([years, text]) => {
      const last = years === 30;
      return [
        line("f-line f-hair f-soft", at(years), y, at(years), y + 6),
        words(`f-soft ${last ? "f-end" : "f-middle"}`, last ? to + 8 : at(years), y + 21, text),
      ];
    }),
  ];
}
