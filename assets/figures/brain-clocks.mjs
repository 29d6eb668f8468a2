/** Many clocks: what grows when, from before birth to the twenties and beyond. */

import { axis, timeline } from "./ages.js";
import { box, group, line, near, path, stamp, words } from "./kit.js";

const FIRST = -0.3;
/**
 * Each row: what, in which words, the claims it rests on, and its stretches of time.
 * grow: building fast; slow: thinning, tuning or slow growth; open: begins or ends outside what the studies fix.
 */
export const ROWS = [
  { name: "Connections for hearing", note: "fullest near 3 months, thinned until about 12", claims: ["B1", "B2"], peak: 0.25,
    spans: [["open", FIRST, -0.23], ["grow", -0.23, 0.25], ["slow", 0.25, 12]] },
  { name: "Connections at the front", note: "fullest after 15 months; counts of the end differ", claims: ["B1", "B2", "B3", "B4"], peak: 1.5,
    spans: [["open", FIRST, -0.23], ["grow", -0.23, 1.5], ["slow", 1.5, 16], ["open", 16, 30]] },
  { name: "Brain size", note: "doubles in year one, largest at 10 to 12", claims: ["B6", "B7", "B8"], peak: 11,
    spans: [["open", FIRST, 0], ["grow", 0, 1], ["slow", 1, 11]] },
  { name: "Thickness of the cortex", note: "about 97% of adult by age 2", claims: ["B9"],
    spans: [["open", FIRST, 0], ["grow", 0, 2]] },
  { name: "Surface of the cortex", note: "about 69% of adult by age 2: more to come", claims: ["B9"],
    spans: [["open", FIRST, 0], ["grow", 0, 2], ["open", 2, 9]] },
  { name: "White matter, the long cables", note: "still changing into the twenties and after", claims: ["B11"],
    spans: [["open", FIRST, 5], ["slow", 5, 30]] },
];

const KINDS = { grow: "f-line f-lagoon f-solid", slow: "f-line f-lagoon f-deep", open: "f-line f-lagoon f-dash f-skin" };
const KEY = [["grow", "building fast"], ["slow", "thinning, or slow growth"], ["open", "edges not settled"]];

function row({ name, note, peak, spans }, years, y, wide) {
  const top = wide ? y + 12 : y + 29;
  return [
    words("f-name", 0, y, name),
    words(`f-soft ${wide ? "f-end" : ""}`, wide ? 680 : 0, wide ? y : y + 18, note),
    line("f-line f-soft f-hair", years(0), top - 5, years(0), top + 18),
    spans.map(([kind, from, to]) => box(KINDS[kind], years(from), top, years(to) - years(from), 13)),
    peak && path("f-line f-blank f-ink", `M${near(years(peak))} ${top - 4}l8 10.5l-8 10.5l-8 -10.5Z`),
  ];
}

export const picture = {
  label: () =>
    `Schematic. Six bars on one time line from before birth to 30. ${ROWS.map(({ name, note }) => `${name}: ${note}`).join(". ")}. No two end at the same time, and none of them ends at three.`,
  draw(_, wide) {
    const [width, step] = wide ? [680, 50] : [300, 64];
    const [first, last] = wide ? [70, 70 + 50 * ROWS.length] : [108, 108 + 64 * ROWS.length];
    const years = timeline(FIRST, 30, 2, width - 10);
    return {
      width,
      height: last + 18,
      shapes: [
        KEY.map(([kind, text], i) => [
          box(KINDS[kind], wide ? 1 + [0, 140, 350][i] : 1, wide ? 6 : 6 + i * 24, 26, 13),
          words("", wide ? 35 + [0, 140, 350][i] : 36, wide ? 17.5 : 17.5 + i * 24, text),
        ]),
        wide ? stamp(590, 0) : stamp(210, 0),
        group({}, ROWS.map((each, i) => row(each, years, first + i * step, wide))),
        axis(years, { from: 2, to: width - 8, y: last - 14, wide }),
      ],
    };
  },
};
