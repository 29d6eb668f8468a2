/** What a correlation means for a hundred children, and for another hundred: arithmetic, not a count. */

import { dot, group, line, lines, live, shape, slider, stamp, words } from "./kit.js";

/**
 * Of 100 children whose caregiver is above average, how many are above average themselves, at a correlation r.
 * Holds when both are spread like a bell and "average" cuts each in half (Sheppard's formula).
 */
export const alike = (r) => Math.round(100 * (0.5 + Math.asin(r) / Math.PI));

/** Correlations with children's security, each with what was measured in the caregiver. */
export const FINDINGS = [
  { value: 0.21, text: "0.21 Fathers' sensitivity", claim: "A10", of: "fathers' sensitivity and security" },
  { value: 0.25, text: "0.25 Sensitivity", claim: "A10", of: "caregivers' sensitivity and security" },
  { value: 0.3, text: "0.30 Mentalizing", claim: "A15", of: "a parent's keeping the child's mind in mind, and security" },
  { value: 0.31, text: "0.31 State of mind", claim: "A13", of: "a parent's own state of mind about attachment, and security" },
];

const finding = (r) => FINDINGS.find(({ value }) => value === r);
const ROWS = 5;
const WIDE = { width: 680, height: 388, gap: 31.5, rise: 21, left: 40, radius: 7.6, starts: [98, 274] };
const NARROW = { width: 300, height: 376, gap: 14.6, rise: 16, left: 11.3, radius: 5.1, starts: [96, 270] };

/** A hundred children in rows of twenty: filled for above average in security, with the line where no link would put it. */
function hundred(count, start, { gap, rise, left, radius }) {
  const middle = left + 9.5 * gap;
  return [
    Array.from({ length: 100 }, (_, i) =>
      dot(`f-line f-lagoon ${i < count ? "f-solid" : "f-skin"}`, left + Math.floor(i / ROWS) * gap, start + (i % ROWS) * rise, radius)),
    line("f-line f-strong f-dash", middle, start - rise * 0.9, middle, start + (ROWS - 1) * rise + rise * 0.9),
  ];
}

function heading(count, who, start, { left, radius }, wide) {
  const [x, top] = [left - radius, start - (wide ? 31 : 29)];
  const counted = shape("tspan", { class: "f-big f-lagoon" }, `${count} of 100`);
  return wide
    ? words("", x, top, [counted, ` whose caregiver is ${who} average are above average in security`])
    : lines("", x, top - 19, 19, [`caregiver ${who} average:`, [counted, " above average in security"]]);
}

function say({ r }) {
  const known = finding(r);
  const what = known ? `A correlation of ${r.toFixed(2)} (${known.of}; claim ${known.claim})` : `A correlation of ${r.toFixed(2)}`;
  const tail = r === 0 ? " No link: it is 50 in both." : " With no link it would be 50 in both.";
  return `${what}: of 100 children whose caregiver is above average, ${alike(r)} are above average in security; of 100 whose caregiver is below it, ${100 - alike(r)} are.${tail} Nobody can tell from this which child is which.`;
}

export const picture = {
  start: { r: 0.25 },
  label: (state) => `Arithmetic on a correlation, drawn as two blocks of a hundred dots, filled for children above average in security, with a dashed line at fifty. ${say(state)}`,
  say,
  draw({ r }, wide) {
    const place = wide ? WIDE : NARROW;
    const [first, second] = place.starts;
    const count = alike(r);
    const middle = place.left + 9.5 * place.gap;
    const foot = second + ROWS * place.rise + (wide ? 18 : 20);
    return {
      ...place,
      shapes: [
        stamp(wide ? 438 : 49, 2, "Arithmetic on a correlation"),
        heading(count, "above", first, place, wide),
        group({}, hundred(count, first, place)),
        heading(100 - count, "below", second, place, wide),
        group({}, hundred(100 - count, second, place)),
        words("f-middle f-name", middle, foot, "50: no link"),
      ],
    };
  },
  controls: [
    slider({
      key: "r", label: "Correlation, r", min: 0, max: 0.6, step: 0.01, marks: FINDINGS,
      text: ({ r }) => r.toFixed(2),
    }),
  ],
};

export default live(picture);
