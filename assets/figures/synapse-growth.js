/** Connections in two regions from before birth to 30: growth first, thinning later, on two clocks. */

import { axis, timeline } from "./ages.js";
import { box, dot, group, line, lines, live, near, path, slider, smooth, stamp, words } from "./kit.js";

/** [age in years, hearing, front]: percent of each region's own peak, as in data/synaptic_density_schematic.csv. */
export const SHAPE = [
  [0, 45, 67], [0.1, 75, 69], [0.25, 100, 74], [0.5, 99, 82], [1, 96, 95], [1.5, 93, 100], [2, 90, 100],
  [3.5, 83, 97], [6, 74, 91], [9, 66, 84], [12, 60, 77], [16, 60, 67], [20, 60, 67], [30, 60, 67],
];
const FIRST = -0.25;
/** Before birth nothing but "connections form" is known here: a line that only rises. */
const BEFORE = [[FIRST, 12, 22]];
/** The newer count (spines, claim B4): falling from puberty through the third decade to a half or less of childhood. */
const NEWER = [[14, 72], [16, 66.5], [20, 57], [25, 49], [30, 43]];

const AGES = [
  [-0.23, "three months before birth"], [-0.1, "a month before birth"], [0, "birth"], [0.083, "1 month"], [0.25, "3 months"],
  [0.5, "6 months"], [0.583, "7 months"], [0.75, "9 months"], [1, "1 year"], [1.25, "15 months"], [1.5, "18 months"], [2, "2 years"], [2.5, "2 and a half years"],
  [3, "3 years"], [4, "4 years"], [5, "5 years"], [6, "6 years"], [7, "7 years"], [9, "9 years"], [10, "10 years"], [12, "12 years"],
  [15, "15 years"], [16, "16 years"], [20, "20 years"], [25, "25 years"], [30, "30 years"],
];

/** What is going on until an age: two or three short lines for the picture, one sentence for the words below. */
const HEARING = [
  [0, ["connections are", "already forming"], "connections are already forming"],
  [0.2, ["adding connections", "very fast"], "connections are being added very fast"],
  [0.6, ["at its fullest,", "near 3 months"], "connections are at their fullest"],
  [12, ["past its peak:", "slowly thinned", "and tuned"], "the peak is past and connections are slowly being thinned and tuned"],
  [99, ["net thinning", "is over, by", "about 12"], "net thinning is over"],
];
const FRONT = [
  [0, ["connections are", "already forming"], "connections are already forming"],
  [1.3, ["still adding: its", "peak comes after", "15 months"], "connections are still being added"],
  [3, ["at its fullest,", "around age 2"], "connections are at their fullest"],
  [12, ["slow thinning by", "one count, with", "years to go"], "slow thinning is under way by one count, with years to go"],
  [16, ["thinning goes on", "through the teens"], "thinning goes on through the teens"],
  [29, ["settled by one", "count, still falling", "by a newer one"], "one count says settled, a newer one says still thinning"],
  [99, ["settled, by", "both counts"], "both counts say settled"],
];
const stage = (stages, age) => stages.find(([until], i) => age < until || i === stages.length - 1);

/** The value between the points of one column of a table of ages. */
function at(table, column, age) {
  const next = table.findIndex(([years]) => years >= age);
  if (next <= 0) return table[Math.max(0, next)][column];
  const [before, after] = [table[next - 1], table[next]];
  return before[column] + ((age - before[0]) / (after[0] - before[0])) * (after[column] - before[column]);
}

const WHOLE = [...BEFORE, ...SHAPE];
const REGIONS = [
  { name: "Hearing", column: 1, className: "f-lagoon", stages: HEARING, peak: 0.25, settled: 12 },
  { name: "Front of the brain", column: 2, className: "f-clay", stages: FRONT, peak: 1.75, settled: 20 },
];

/** Nine fixed places in a window and every short way between two of them, in a fixed mixed order. */
const KNOTS = [[14, 20], [46, 10], [82, 22], [114, 12], [26, 52], [64, 46], [104, 54], [16, 84], [52, 80], [88, 88], [116, 84]];
const WAYS = KNOTS.flatMap((a, i) => KNOTS.slice(i + 1).filter((b) => Math.hypot(a[0] - b[0], a[1] - b[1]) < 62).map((b) => [a, b]))
  .map((way, i) => [way, (i * 0.618034) % 1])
  .sort((a, b) => a[1] - b[1])
  .map(([way]) => way);

/** A window into a region: ways there now, stronger ones as thinning goes on, and dotted what was there before. */
function look({ column, className, peak, settled }, age, x, y, width, height) {
  const now = Math.round((at(WHOLE, column, age) / 100) * WAYS.length);
  const most = age > peak ? WAYS.length : now;
  const strong = Math.round(now * Math.min(1, Math.max(0, (age - peak) / (settled - peak))));
  const weight = (i) => (i >= now ? "f-line f-hair f-soft f-dots" : i < strong ? "f-line f-strong" : "f-line f-hair");
  const [across, down] = [width / 130, height / 100];
  const place = ([a, b]) => [x + a * across, y + b * down];
  return [
    box("f-line f-blank", x, y, width, height, 3),
    group({ class: className }, WAYS.slice(0, most).map(([a, b], i) => line(weight(i), ...place(a), ...place(b))), KNOTS.map((knot) => dot("f-solid", ...place(knot), 3))),
    line("f-line f-strong", x - 6, y + height + 3, x + width + 6, y + height + 3),
  ];
}

const WIDE = { width: 680, height: 402, left: 14, right: 662, top: 182, bottom: 366, windows: [[8, 8], [350, 8]], window: [136, 110], text: [162, 24] };
const NARROW = { width: 300, height: 454, left: 6, right: 288, top: 270, bottom: 420, windows: [[6, 4], [6, 110]], window: [116, 88], text: [136, 20] };

function curves(age, { left, right, top, bottom }, wide) {
  const years = timeline(FIRST, 30, left, right);
  const height = (percent) => bottom - (percent / 100) * (bottom - top);
  const way = (table, column) => smooth(table.map((row) => [years(row[0]), height(row[column])]));
  const now = years(Math.max(age, FIRST));
  return [
    axis(years, { from: left, to: right, y: bottom, wide }),
    line("f-line f-sun f-strong", now, bottom, now, top - 12),
    REGIONS.map(({ column, className }) => [
      path(`f-line f-dash ${className}`, way(WHOLE.slice(0, 2), column)),
      path(`f-line f-strong ${className} ${column === 2 ? "f-long" : ""}`, way(SHAPE, column)),
    ]),
    path("f-line f-clay f-dots f-strong", way(NEWER, 1)),
    REGIONS.map(({ column, className }) => dot(`f-line f-strong f-blank ${className}`, now, height(at(WHOLE, column, age)), 6)),
    words("f-name f-lagoon", years(wide ? 3.4 : 2.3), height(wide ? 67 : 64), "hearing"),
    words("f-name f-clay", years(wide ? 4.6 : 3.2), height(wide ? 103 : 106), wide ? "front of the brain" : "front"),
    lines("f-clay f-end", right - (wide ? 12 : 8), height(wide ? 30 : 34), 17, wide ? ["newer count"] : ["newer", "count"]),
    lines("f-soft", left, height(wide ? 114 : 130), 17, wide ? ["connections, each region against its own fullest"] : ["connections, each region", "against its own fullest"]),
  ];
}

function say({ step }) {
  const [age, name] = AGES[step];
  const [hearing, front] = [stage(HEARING, age)[2], stage(FRONT, age)[2]];
  const both = hearing === front ? `in both regions ${hearing}` : `for hearing, ${hearing}; at the front of the brain, ${front}`;
  return `${name[0].toUpperCase()}${name.slice(1)}: ${both}.`;
}

export const picture = {
  start: { step: 4 },
  label: (state) =>
    `Schematic. Two curves from before birth to age 30. Connections for hearing peak near 3 months and thin until about 12; those at the front of the brain peak after 15 months and thin into the teens or, by a newer count, the twenties. ${say(state)}`,
  say,
  draw({ step }, wide) {
    const place = wide ? WIDE : NARROW;
    const [age] = AGES[step];
    const regions = REGIONS.map((region, i) => {
      const [x, y] = place.windows[i];
      return [
        look(region, age, x, y, ...place.window),
        words(`f-name ${region.className}`, x + place.text[0] - place.windows[0][0], y + place.text[1], region.name),
        lines("", x + place.text[0] - place.windows[0][0], y + place.text[1] + 24, 19, stage(region.stages, age)[1]),
      ];
    });
    const top = wide ? [near(place.right - 86), 146] : [near(place.right - 84), place.top - 58];
    return { ...place, shapes: [regions, curves(age, place, wide), stamp(...top)] };
  },
  controls: [
    slider({ key: "step", label: "Age", min: 0, max: AGES.length - 1, step: 1, text: ({ step }) => AGES[step][1] }),
  ],
};

export default live(picture);
