/** How much two groups still overlap at a given average difference. */

import { dot, group, line, lines, live, near, path, shape, slider, words } from "./kit.js";

/** The share of a normal distribution below z (Abramowitz and Stegun 7.1.26; error under 2e-7). */
export function phi(z) {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * x);
  const tail = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429)))) * Math.exp(-x * x);
  return z < 0 ? tail / 2 : 1 - tail / 2;
}

/** Of 100 in the one group, how many score above the other group's average (Cohen's U3). */
export const above = (d) => Math.round(100 * phi(d));

/** How much the two distributions overlap, in percent. */
export const overlap = (d) => Math.round(200 * phi(-d / 2));

/** Real differences between two groups, each a standardized mean difference (d, g, SMD or SD), never r. */
export const FINDINGS = [
  { value: 0.07, text: "0.07 Executive function", claim: "B37", of: "parenting programs before age six, executive function, where no clear effect was found" },
  { value: 0.28, text: "0.28 Language", claim: "B37", of: "parenting programs before age three, language" },
  { value: 0.32, text: "0.32 Thinking skills", claim: "B37", of: "parenting programs before age three, thinking skills" },
  { value: 0.6, text: "0.60 IQ at 18, Bucharest", claim: "B20", of: "children assigned to foster care rather than an institution, IQ at 18" },
];

const finding = (d) => FINDINGS.find(({ value }) => value === d);
const WIDE = { width: 680, height: 382, base: 212, tall: 158, rows: 4, gap: 25, start: 290 };
const NARROW = { width: 300, height: 346, base: 168, tall: 104, rows: 5, gap: 14.6, start: 264 };
const [LOW, HIGH, STEP] = [-3.1, 4.3, 0.1];

function hill(mean, { width, base, tall }, from = LOW) {
  const steps = Math.round((HIGH - from) / STEP);
  const point = (score) => `${near(((score - LOW) / (HIGH - LOW)) * width)} ${near(base - tall * Math.exp(-((score - mean) ** 2) / 2))}`;
  return Array.from({ length: steps + 1 }, (_, i) => `${i ? "L" : "M"}${point(from + i * STEP)}`).join("");
}

function hills(d, place, wide) {
  const { width, base, tall } = place;
  const average = ((0 - LOW) / (HIGH - LOW)) * width;
  const closed = (className, d, left) => path(className, `${d}V${base}H${near(left)}Z`);
  const top = base - tall;
  return [
    closed("f-lagoon f-tint", hill(d, place), 0),
    closed("f-lagoon f-deep", hill(d, place, 0), average),
    path("f-line f-dash", hill(0, place)),
    path("f-line f-strong f-lagoon", hill(d, place)),
    line("f-line f-hair f-soft", 0, base, width, base),
    line("f-line", average, base + 6, average, top - 12),
    lines("f-middle", average, top - (wide ? 22 : 36), 17, wide ? ["the other group's average"] : ["the other group's", "average"]),
    lines("f-end", average - width * (wide ? 0.18 : 0.2), base - tall * 0.62, 18, wide ? ["the other", "group"] : ["other", "group"]),
    lines("f-lagoon f-name", average + ((d + 1.3) / (HIGH - LOW)) * width + 8, base - tall * 0.6, 18, wide ? ["the group", "that got it"] : ["group", "that got it"]),
    words("f-soft", 0, base + 21, "lower scores"),
    words("f-soft f-end", width, base + 21, "higher scores"),
  ];
}

function hundred(d, { width, rows, gap, start }, wide) {
  const columns = 100 / rows;
  const left = (width - (columns - 1) * gap) / 2;
  const count = above(d);
  return Array.from({ length: 100 }, (_, i) =>
    dot(`f-line f-lagoon ${i < count ? "f-solid" : "f-skin"}`, left + Math.floor(i / rows) * gap, start + (i % rows) * (wide ? 23 : 18), wide ? 7 : 5));
}

function verdict(d, { width, start }, wide) {
  const counted = shape("tspan", { class: "f-big f-lagoon" }, `${above(d)} of 100`);
  return wide
    ? words("", 33, start - 26, [counted, " who got it score above the other group's average"])
    : lines("", 3, start - 40, 20, [[counted, " who got it score"], "above the other group's average"]);
}

function say({ d }) {
  const known = finding(d);
  const what = known ? `A difference of ${d.toFixed(2)} (${known.of}; claim ${known.claim})` : `A difference of ${d.toFixed(2)} standard deviations`;
  const tail = d === 0 ? "" : " With no difference it would be 50.";
  return `${what}: of 100 children in the group that got it, ${above(d)} score above the other group's average.${tail} The two groups overlap by ${overlap(d)} percent.`;
}

export const picture = {
  start: { d: 0.32 },
  label: (state) => `Two bell-shaped hills, one for each group, lying mostly on top of each other, and a hundred dots. ${say(state)}`,
  say,
  draw({ d }, wide) {
    const place = wide ? WIDE : NARROW;
    return { ...place, shapes: [hills(d, place, wide), verdict(d, place, wide), group({}, hundred(d, place, wide))] };
  },
  controls: [
    slider({
      key: "d", label: "Average difference, in standard deviations", min: 0, max: 1.2, step: 0.01, marks: FINDINGS,
      text: ({ d }) => d.toFixed(2),
      spoken: ({ d }) => `${d.toFixed(2)} standard deviations`,
    }),
  ],
};

export default live(picture);
