/** Two crowds of dots, and how often a guess about one dot fails. */

import { phi } from "./group-overlap.js";
import { dot, group, line, lines, live, moves, near, shape, slider, stamp, words } from "./kit.js";

/** Of 100 best guesses about one dot, how many fail, when both crowds are equally large and spread like a bell. */
export const fails = (d) => Math.round(100 * phi(-d / 2));

/** Real differences between two groups, as standardized mean differences. */
export const FINDINGS = [
  { value: 0.31, text: "0.31 Attachment", claim: "A23", of: "insecure attachment and later behavior problems" },
  { value: 0.45, text: "0.45 Generations", claim: "D29", of: "maltreatment in one generation and the next" },
];

/** Where the 60 dots of a crowd stand, in columns a quarter of a standard deviation wide; drawn, not measured. */
const CELL = 0.25;
const COLUMNS = [1, 1, 1, 2, 3, 4, 5, 5, 5, 6, 5, 5, 5, 4, 3, 2, 1, 1, 1];
export const DOTS = COLUMNS.flatMap((tall, i) => Array.from({ length: tall }, (_, high) => ({ score: (i - 9) * CELL, high })));

/** Whom the reader is asked about, in an order without a pattern: a dot of crowd A, or of crowd B. */
const asked = (turn) => {
  const number = (turn * 47 + 23) % 120;
  return { crowd: number % 2 ? "B" : "A", index: (number - (number % 2)) / 2 };
};

const place = ({ crowd, index }, d) => DOTS[index].score + (crowd === "B" ? d : 0);
/** Whether the best guess about a dot, that it belongs to the nearer average, is wrong. */
const wrong = (crowd, score, d) => (crowd === "A" ? score > d / 2 : score <= d / 2);
const finding = (d) => FINDINGS.find(({ value }) => value === d);

const LOW = -2.5;
const WIDE = { width: 680, height: 404, unit: 88, radius: 8, rise: 18, axis: 196, gap: 26, foot: 370 };
const NARROW = { width: 300, height: 326, unit: 38.6, radius: 3.9, rise: 10.4, axis: 160, gap: 22, foot: 270 };

function crowd(name, { d, turn, guess }, { unit, radius, rise, axis, gap }) {
  const up = name === "A" ? -1 : 1;
  const now = asked(turn);
  const shown = (index) => guess && now.crowd === name && now.index === index;
  const color = name === "A" ? "f-lagoon" : "f-plum";
  const shift = (name === "B" ? d : 0) - LOW;
  return DOTS.map(({ score, high }, index) => {
    const [x, y] = [(score + shift) * unit, axis + up * (gap + high * rise)];
    const kind = wrong(name, score + (name === "B" ? d : 0), d) ? "f-blank" : "f-solid";
    return [
      dot(`f-line ${color} ${kind}`, x, y, radius),
      shown(index) && [dot("f-line f-strong", x, y, radius + 4), line("f-line", x, axis + up * 14, x, y - up * (radius + 4))],
    ];
  });
}

/** The dot in question, on the line between the crowds. */
function question({ d, turn, guess }, { unit, axis }) {
  const now = asked(turn);
  const x = (place(now, d) - LOW) * unit;
  return [
    dot("f-line f-strong f-blank", x, axis, 13),
    words("f-middle f-name", x, axis + 5.4, guess ? now.crowd : "?"),
  ];
}

function verdict(d, { foot, width }, wide) {
  const count = shape("tspan", { class: "f-big f-clay" }, `fails ${fails(d)} times in 100`);
  return [
    wide ? words("", 2, foot, ["The best guess about one dot ", count, "; a coin fails 50 times."]) : [words("", 2, foot, "The best guess about one dot"), words("", 2, foot + 22, [count, "; a coin, 50."])],
    dot("f-line f-lagoon f-blank", 10, foot + (wide ? 25 : 45), wide ? 7 : 5),
    dot("f-line f-plum f-blank", wide ? 28 : 24, foot + (wide ? 25 : 45), wide ? 7 : 5),
    words("f-soft", wide ? 42 : 36, foot + (wide ? 30 : 50), "hollow: the best guess gets this one wrong"),
  ];
}

const tally = ({ d, at, tried, failed }) => (at === d ? { tried, failed } : { tried: 0, failed: 0 });

/** The reader's guess about the dot shown, counted once. */
function guessed(state, guess) {
  if (state.guess) return {};
  const { tried, failed } = tally(state);
  return { guess, at: state.d, tried: tried + 1, failed: failed + (asked(state.turn).crowd === guess ? 0 : 1) };
}

function say(state) {
  const { d, turn, guess } = state;
  const known = finding(d);
  const what = known ? `A difference of ${d.toFixed(2)} (${known.of}; claim ${known.claim})` : `A difference of ${d.toFixed(2)} standard deviations`;
  const { tried, failed } = tally(state);
  const yours = tried ? ` Your guesses here: ${tried}, of which ${failed} failed.` : "";
  const told = guess ? ` It was one of crowd ${asked(turn).crowd}: your guess ${asked(turn).crowd === guess ? "held" : "failed"}.` : " Which crowd is the dot with the question mark from?";
  return `${what}: the best guess about one dot fails ${fails(d)} times in 100.${told}${yours}`;
}

export const picture = {
  start: { d: 0.31, turn: 0, guess: "", at: 0.31, tried: 0, failed: 0 },
  label: (state) => `Schematic. Two crowds of sixty dots, A above a line and B below it, one slid along the line from the other, and one dot with a question mark on the line. ${say(state)}`,
  say,
  draw(state, wide) {
    const now = wide ? WIDE : NARROW;
    const { width, unit, axis, gap, rise } = now;
    const halfway = (state.d / 2 - LOW) * unit;
    const half = gap + 6 * rise;
    return {
      ...now,
      shapes: [
        stamp(wide ? 592 : 212, 2),
        line("f-line f-hair f-soft", 0, axis, width, axis),
        line("f-line f-dash f-soft", halfway, axis - half, halfway, axis + half),
        lines("f-soft f-middle", halfway, axis - half - (wide ? 12 : 28), 18, wide ? ["halfway between the averages"] : ["halfway between", "the averages"]),
        words("f-lagoon f-name", 0, axis - gap - 3.2 * rise, "crowd A"),
        words("f-plum f-name f-end", width, axis + gap + 3.8 * rise, "crowd B"),
        group({}, crowd("A", state, now)),
        group({}, crowd("B", state, now)),
        group({}, question(state, now)),
        verdict(state.d, now, wide),
      ],
    };
  },
  controls: [
    moves({
      label: "Guess about the dot with the question mark",
      buttons: [
        { text: "From A", next: (state) => guessed(state, "A"), pressed: ({ guess }) => guess === "A" },
        { text: "From B", next: (state) => guessed(state, "B"), pressed: ({ guess }) => guess === "B" },
        { text: "Next dot", next: ({ turn }) => ({ turn: turn + 1, guess: "" }) },
      ],
    }),
    slider({
      key: "d", label: "How far apart, in standard deviations", min: 0, max: 2.5, step: 0.01, marks: FINDINGS,
      text: ({ d }) => d.toFixed(2),
      spoken: ({ d }) => `${d.toFixed(2)} standard deviations`,
    }),
  ],
};

export default live(picture);
