/** Twelve moments between a child and an adult: where they match, where they miss, and how it mends. */

import { box, choice, group, line, live, moves, near, path, shape, stamp, words } from "./kit.js";
import { face } from "./people.js";

/**
 * What the child and the adult do in each moment: look at the other's face, at the spoon, or away; s when with a sound.
 * Invented, like the pair, so the shares say nothing about anybody.
 */
const MOMENTS = [
  ["face s", "face s"], ["face", "face s"], ["spoon", "face s"], ["spoon", "spoon"], ["spoon s", "spoon"], ["away", "face s"],
  ["face s", "face s"], ["face s", "face"], ["spoon s", "away"], ["spoon s", "spoon s"], ["spoon", "spoon s"], ["face s", "face"],
];
/** One more miss, put in on request: the adult tries something, and it is not what the child is at. */
const MORE = ["away", "spoon s"];
const MISSES = [
  { at: 2, miss: "The child has found the spoon; the adult is still talking to the child's face.", mend: "The adult sees the spoon too, and is quiet with it." },
  { at: 5, miss: "The child looks away for a rest; the adult goes on calling.", mend: "The child looks back, the adult is there, and both call out." },
  { at: 8, miss: "The adult turns to the pan; the child calls about the spoon and gets no answer.", mend: "The adult turns back and answers about the spoon." },
];
const COUNTS = { both: "looks and sounds", looks: "looks alone" };

const look = (does) => does.split(" ")[0];
const matched = ([child, adult], count) => (count === "looks" ? look(child) === look(adult) : child === adult);

/** How many of the twelve match, by what is counted. */
export const matches = (count) => MOMENTS.filter((moment) => matched(moment, count)).length;

/** The moments, how many of them are shown yet, and which of them mends. */
function sequence({ miss, more, mended, count }) {
  if (!miss) {
    const mends = (i) => i > 0 && matched(MOMENTS[i], count) && !matched(MOMENTS[i - 1], "looks");
    return { moments: MOMENTS, until: MOMENTS.length, mends };
  }
  const { at } = MISSES[miss - 1];
  const moments = more ? [...MOMENTS.slice(0, at + 1), MORE, ...MOMENTS.slice(at + 1, -1)] : MOMENTS;
  const next = at + (more ? 2 : 1);
  return { moments, until: next + (mended ? 1 : 0), mends: (i) => i === next };
}

const ARROW = "M0 10V-10M-5 -4L0 -10L5 -4";
const SPOON = "M-13 6L1 -1C2 -7 11 -9 13 -4C14 1 7 5 1 -1";
const ASIDE = "M-9 8C-11 -5 -4 -7 8 -6M3 -11L8 -6L3 -1";

/** A sign for where somebody looks (`down` when the other is below), with the sound beside it. */
function doing(does, x, y, down, size) {
  const kind = look(does);
  const flip = kind === "face" && down ? " scale(1 -1)" : "";
  return group({ transform: `translate(${near(x - 4 * size)} ${near(y)}) scale(${size})` },
    group({ transform: `translate(-4 0)${flip}` }, path("f-line", { face: ARROW, spoon: SPOON, away: ASIDE }[kind])),
    does.endsWith("s") && path("f-line", "M14 -5Q18 0 14 5M19 -9Q26 0 19 9"));
}

const WIDE = { width: 680, height: 300, left: 76, step: 50, per: 12, rows: [54], tall: 48, space: 58, size: 1, key: [[14, 268], [196, 268], [330, 268], [426, 268], [570, 268]] };
const NARROW = { width: 300, height: 468, left: 58, step: 40, per: 6, rows: [78, 234], tall: 38, space: 44, size: 0.84, key: [[14, 396], [176, 396], [14, 426], [176, 426], [14, 456]] };

function beam(className, x, y, { per, step, tall }) {
  return [
    box(`f-line ${className}`, x, y, per * step, tall, 3),
    Array.from({ length: per - 1 }, (_, i) => line(`f-line f-hair ${className}`, x + (i + 1) * step, y, x + (i + 1) * step, y + tall)),
  ];
}

/** Rope around a strut: here it was mended. */
const lashing = (x, y, half) =>
  path("f-line f-strong", [-8, 0, 8].map((up) => `M${near(x - half - 4)} ${near(y + up + 3)}L${near(x + half + 4)} ${near(y + up - 3)}`).join(""));

/** What holds a moment together, or the gap where it does not. */
function between(x, top, foot, match, mends, half) {
  const middle = (top + foot) / 2;
  if (!match) return path("f-line f-clay", `M${near(x - 6)} ${top + 3}L${x} ${top + 13}L${near(x + 6)} ${top + 3}M${near(x - 6)} ${foot - 3}L${x} ${foot - 13}L${near(x + 6)} ${foot - 3}`);
  return [
    box("f-leaf f-deep", x - half, top, half * 2, foot - top),
    path("f-line f-leaf", `M${near(x - half)} ${top}V${foot}M${near(x + half)} ${top}V${foot}`),
    mends && lashing(x, middle, half),
  ];
}

/** Two beams of moments, the child's above the adult's, with struts where they match. */
function strips(first, top, state, place) {
  const { left, step, per, tall, space, size } = place;
  const { moments, until, mends } = sequence(state);
  const foot = top + tall + space;
  const one = (moment, i) => {
    const x = left + (i - first + 0.5) * step;
    return group({ class: `f-fade${i < until ? "" : " f-off"}` },
      between(x, top + tall, foot, matched(moment, state.count), mends(i), step * 0.2),
      group({ class: "f-clay" }, doing(moment[0], x, top + tall / 2, true, size)),
      group({ class: "f-lagoon" }, doing(moment[1], x, foot + tall / 2, false, size)));
  };
  return [
    face(left - 36 * size, top + tall / 2 - 6, size * 0.62, { young: true }),
    words("f-middle f-clay f-name", left - 36 * size, top + tall + 13, "child"),
    face(left - 36 * size, foot + tall / 2 - 6, size * 0.62, {}),
    words("f-middle f-lagoon f-name", left - 36 * size, foot + tall + 13, "adult"),
    beam("f-clay", left, top, place),
    beam("f-lagoon", left, foot, place),
    moments.slice(first, first + per).map((moment, i) => one(moment, first + i)),
  ];
}

const KEY = [["face", "at the other's face"], ["spoon", "at the spoon"], ["away", "away"], ["s", "with a sound"], ["mend", "a mend"]];
const key = ({ key: places, size }) =>
  KEY.map(([does, text], i) => {
    const [x, y] = places[i];
    const signs = {
      s: () => path("f-line f-soft", `M${x + 2} ${y - 10}q4 5 0 10M${x + 7} ${y - 14}q7 9 0 18`),
      mend: () => between(x + 6, y - 22, y + 12, true, true, 7),
    };
    return [
      signs[does]?.() ?? group({ class: "f-soft" }, doing(does, x + 8, y - 5, false, size)),
      words("f-soft", x + 22, y, text),
    ];
  });

function share({ count, miss }, wide) {
  const counted = shape("tspan", { class: "f-big f-leaf" }, `${matches(count)} of 12`);
  const text = [miss ? "The whole strip: " : "", counted, " moments match"];
  return wide
    ? words("", 0, 20, [...text, `, counting ${COUNTS[count]}`])
    : [words("", 0, 22, [counted, " moments match,"]), words("", 0, 43, `counting ${COUNTS[count]}`)];
}

function say({ miss, more, mended, count }) {
  const other = count === "both" ? "looks" : "both";
  const shares = `Counting ${COUNTS[count]}, ${matches(count)} of 12 moments match; counting ${COUNTS[other]}, ${matches(other)} would. The share depends on what is counted.`;
  if (!miss) return `Twelve invented moments at a table. ${shares} After each miss, here, comes a mend.`;
  const { miss: what, mend } = MISSES[miss - 1];
  const after = more ? " Then the adult offers the spoon, and the child has turned away: one more miss." : "";
  return `A miss. ${what}${after} ${mended ? `Mended${more ? " all the same" : ""}. ${mend}` : "It can still mend."}`;
}

const fresh = { more: false, mended: false };
export const picture = {
  start: { miss: 0, ...fresh, count: "both" },
  label: (state) =>
    `Schematic. Two strips side by side, what a child does and what an adult does in each of twelve moments, joined by a strut where they match and open where they miss; rope around a strut marks a mend. ${say(state)}`,
  say,
  draw(state, wide) {
    const place = wide ? WIDE : NARROW;
    return {
      ...place,
      shapes: [
        share(state, wide),
        stamp(wide ? 592 : 212, wide ? 1 : 2),
        place.rows.map((top, i) => group({}, strips(i * place.per, top, state, place))),
        key(place),
      ],
    };
  },
  controls: [
    moves({
      label: "Misses and mends",
      buttons: [
        { text: "Next miss", next: ({ miss }) => ({ miss: (miss + 1) % (MISSES.length + 1), ...fresh }) },
        { text: "Let it mend", next: ({ miss }) => ({ miss: miss || 1, mended: true }) },
        { text: "One more miss", next: ({ miss }) => ({ miss: miss || 1, more: true, mended: false }) },
      ],
    }),
    choice({
      key: "count", label: "What counts as a match",
      options: [{ value: "both", text: "Looks and sounds" }, { value: "looks", text: "Looks alone" }],
    }),
  ],
};

export default live(picture);
