/** Twenty expected visits as doors, how many take place, and how widely programs differ in who leaves early. */

import { door } from "./house.js";
import { box, dot, line, lines, path, words } from "./kit.js";

/** Percent, as in data/home_visits_received.csv (claim P35); the doors that stand open are about half. */
export const RECEIVED = [38, 56];
export const LEAVING = [20, 80];
export const COHORT = 42;
const EXPECTED = 20;
const TAKEN = 10;

const WIDE = {
  width: 680, height: 360, left: 4, right: 676, sill: 152, door: [21, 58], leave: 270, title: 24,
  head: ["Of 20 visits that a program expects, about 10 take place"], band: ["38 to 56 percent, across US programs"],
  early: ["Families who leave early: 20 to 80 percent, across programs"], cohort: ["42 percent of 991 women at 26 agencies,", "within a year"],
};
const NARROW = {
  width: 300, height: 400, left: 1, right: 299, sill: 162, door: [9.6, 48], leave: 292, title: 18,
  head: ["Of 20 visits that a program", "expects, about 10 take place"], band: ["38 to 56 percent,", "across US programs"],
  early: ["Families who leave early:", "20 to 80 percent, across programs"], cohort: ["42 percent of 991 women", "at 26 agencies, within a year"],
};

/** A line with ends, for a range. */
const range = (className, from, to, y, tall) => path(className, `M${from} ${y - tall}V${y + tall}M${from} ${y}H${to}M${to} ${y - tall}V${y + tall}`);

function drawn({ width, height, left, right, sill, door: [wide, tall], leave, title, head, band, early, cohort }) {
  const at = (percent) => Math.round(left + ((right - left) * percent) / 100);
  const place = (i) => at(((i + 0.5) * 100) / EXPECTED);
  const [from, to] = RECEIVED.map(at);
  const top = sill - tall;
  const [first, last] = LEAVING.map(at);
  return {
    width,
    height,
    shapes: [
      lines("f-big", 0, title, 21, head),
      lines("f-lagoon f-name f-middle", (from + to) / 2, top - 20 - (band.length - 1) * 17, 17, band),
      box("f-lagoon f-tint", from, top - 8, to - from, tall + 18),
      range("f-line f-lagoon f-strong", from, to, top - 8, 5),
      Array.from({ length: EXPECTED }, (_, i) => door(place(i), sill, wide, tall, i < TAKEN ? 0.72 : 0, wide < 12 ? "f-line f-hair" : "f-line")),
      line("f-line", left, sill, right, sill),
      [1, 5, 10, 15, 20].map((number) => words("f-middle f-soft", place(number - 1), sill + 26, number)),
      lines("f-name f-clay", 0, leave - 26 - (early.length - 1) * 19, 19, early),
      range("f-line f-strong f-clay", first, last, leave, 8),
      dot("f-line f-clay f-skin", at(COHORT), leave, 6.5),
      line("f-line f-hair f-soft", at(COHORT), leave + 9, at(COHORT), leave + 20),
      lines("", at(COHORT) - 6, leave + 36, 18, cohort),
      line("f-line f-hair f-soft", left, height - 26, right, height - 26),
      [0, 20, 40, 60, 80, 100].map((percent) => line("f-line f-hair f-soft", at(percent), height - 26, at(percent), height - 20)),
      [20, 40, 60, 80].map((percent) => words("f-middle f-soft", at(percent), height - 4, percent)),
      words("f-soft", left - 1, height - 4, "0"),
      words("f-soft f-end", right + 1, height - 4, "100 %"),
    ],
  };
}

export const picture = {
  label: () =>
    "Twenty doors in a row stand for twenty visits that a program expects. About ten stand open: US home-visiting programs report that from 38 to 56 percent of expected visits take place, between about 8 and 11 of the 20. Below, on the same scale, the share of families who leave early runs from 20 to 80 percent across programs; at 26 agencies 42 percent of 991 women had left within a year.",
  draw: (_, isWide) => drawn(isWide ? WIDE : NARROW),
};
