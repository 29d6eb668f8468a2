/** A child's way out from an adult and back, in a kitchen seen from above: the more alarm, the nearer. */

import { box, group, line, lines, live, near, path, slider, stamp, words } from "./kit.js";
import { above } from "./people.js";

/** What each step of alarm shows: how far out on the way (0 to 1), or how far back of that (1 is with the adult). */
export const ALARMS = [
  { word: "calm", out: 1, note: ["busy with", "the pots"],
    say: "Calm. The adult is there, so the child need not think of it: out across the room, busy with the pots." },
  { word: "hardly alarmed", out: 0.9, looks: true, note: ["looks up,", "goes on"],
    say: "Hardly alarmed. The child looks up once to see where the adult is, and goes on. Checking back is part of going out." },
  { word: "a little alarmed", out: 0.74, looks: true, note: ["less far"],
    say: "A little alarmed. The child stays out but not so far, and looks back more." },
  { word: "wary", out: 0.6, looks: true, note: ["stops and", "watches"],
    say: "Wary. Play stops. The child stands and watches the adult." },
  { word: "alarmed", back: 0.3, note: ["turns", "around"],
    say: "Alarmed. Something has called the child back. The way turns around and becomes straight." },
  { word: "very alarmed", back: 0.68, note: ["comes", "quickly"],
    say: "Very alarmed. The child comes straight for the adult. Pots and rooms no longer count." },
  { word: "most alarmed", back: 1, note: ["close, and", "held"],
    say: "Most alarmed. The way has no length left: the child is held. As the alarm eases, the way out grows again." },
];
const MARKS = [{ value: 0, text: "All quiet" }, { value: 1, text: "A lid falls" }, { value: 5, text: "A drill starts next door" }];

const WIDE = {
  width: 680, height: 424, size: 1.25, small: 0.86, room: [26, 38, 628, 326], adult: [112, 238], hold: [148, 242],
  way: [[150, 246], [206, 306], [290, 292], [316, 214], [394, 158], [452, 214], [468, 284], [548, 286]],
  pots: [594, 296], note: [0, -42], stove: [236, 46, 150, 46], sink: [400, 46, 128, 46], table: [222, 322, 110, 34], gap: [556, 640], drill: [660, 176],
};
const NARROW = {
  width: 300, height: 466, size: 0.95, small: 0.68, room: [12, 34, 270, 316], adult: [54, 118], hold: [82, 122],
  way: [[84, 126], [62, 182], [104, 226], [168, 204], [214, 164], [238, 210], [182, 258], [198, 294]],
  pots: [232, 308], note: [0, -34], stove: [92, 40, 74, 34], sink: [172, 40, 70, 34], table: [20, 300, 62, 40], gap: [214, 270], drill: [286, 206],
};

/** Points along a smooth way through all `points` (Catmull and Rom), evenly far apart in number, not in length. */
function along(points, per = 16) {
  const at = (i) => points[Math.min(points.length - 1, Math.max(0, i))];
  return points.slice(1).flatMap((_, i) =>
    Array.from({ length: per }, (_, j) => {
      const t = (j + 1) / per;
      return [0, 1].map((axis) => {
        const [a, b, c, d] = [at(i - 1), at(i), at(i + 1), at(i + 2)].map((point) => point[axis]);
        return b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
      });
    }));
}

const drawn = (points) => points.map(([x, y], i) => `${i ? "L" : "M"}${near(x)} ${near(y)}`).join("");

/** An arrowhead at a point, in the direction from another. */
function head([x, y], [fromX, fromY], size) {
  const angle = Math.atan2(y - fromY, x - fromX);
  const wing = (turn) => `${near(x - size * Math.cos(angle + turn))} ${near(y - size * Math.sin(angle + turn))}`;
  return `M${wing(0.5)}L${near(x)} ${near(y)}L${wing(-0.5)}`;
}

/** Where the child is, which way it faces, the way out so far, and the way back from its end. */
function whereabouts({ out, back }, { way, hold }) {
  const turn = 0.6;
  const whole = [way[0], ...along(way)];
  const gone = whole.slice(0, Math.max(2, Math.round((out ?? turn) * whole.length)));
  const end = gone.at(-1);
  if (back === undefined) return { gone, child: end, facing: gone.at(-4) };
  const child = [0, 1].map((axis) => end[axis] + back * (hold[axis] - end[axis]));
  return { gone, child, facing: end, from: end };
}

/** A floor plan: walls with a doorway and a window, a stove, a sink, a table, a cupboard of pots. */
function plan({ room: [x, y, width, height], stove, sink, table, gap: [gapFrom, gapTo], pots: [potX, potY], size }) {
  const [right, bottom] = [x + width, y + height];
  const pot = (dx, dy, r) => group({ transform: `translate(${near(potX + dx * size)} ${near(potY + dy * size)}) scale(${size})` },
    path("f-line f-skin", `M${-r} 0A${r} ${r} 0 1 1 ${r} 0A${r} ${r} 0 1 1 ${-r} 0M${r} 0H${r + 12}`));
  const [stoveX, stoveY, stoveW, stoveH] = stove;
  const [sinkX, sinkY, sinkW, sinkH] = sink;
  const ring = (at, r) => path("f-line f-hair f-soft", `M${near(stoveX + stoveW * at - r)} ${stoveY + stoveH / 2}a${r} ${r} 0 1 1 ${2 * r} 0a${r} ${r} 0 1 1 ${-2 * r} 0`);
  return [
    path("f-line f-strong", `M${gapFrom} ${bottom}H${x}V${y}H${right}V${bottom}H${gapTo}`),
    path("f-line f-hair f-soft", `M${gapFrom} ${bottom}V${bottom + 22}M${gapTo} ${bottom}V${bottom + 22}`),
    box("f-line f-soft f-blank", ...stove, 2), ring(0.28, stoveH * 0.28), ring(0.72, stoveH * 0.28),
    box("f-line f-soft f-blank", ...sink, 2), box("f-line f-hair f-soft", sinkX + 10, sinkY + 8, sinkW - 20, sinkH - 16, 6),
    box("f-line f-soft f-blank", ...table, 4),
    [[stove, "stove"], [sink, "sink"], [table, "table"]].map(([what, text]) => words("f-middle f-soft", what[0] + what[2] / 2, what[1] + what[3] + (what === table ? -what[3] / 2 + 5 : 19), text)),
    words("f-middle f-soft", potX - 6 * size, potY + 38 * size, "pots"),
    line("f-sun f-line f-strong", x + width * 0.06, y, x + width * 0.2, y),
    pot(0, 0, 14), pot(-26, 16, 10), pot(8, -36, 11),
  ];
}

/** Noise through the wall. */
const noise = (x, y, size) =>
  [0, 1, 2].map((i) => path("f-line f-clay f-strong", `M${x - 12 - i * 10 * size} ${y - (8 + i * 9) * size}q${-9 * size} ${(8 + i * 9) * size} 0 ${(16 + i * 18) * size}`));

function child(now, { gone, child: [x, y], facing, from }, place) {
  const { small, hold, adult, note } = place;
  const held = now.back === 1;
  const looks = now.looks || now.back !== undefined;
  const target = looks ? adult : [x + (x - facing[0]), y + (y - facing[1])];
  const turn = Math.round((Math.atan2(target[1] - y, target[0] - x) * 180) / Math.PI);
  const fade = (on) => ({ class: `f-fade${on ? "" : " f-off"}` });
  const middle = from && [(from[0] + x) / 2, (from[1] + y) / 2];
  return [
    path(`f-line f-lagoon ${from ? "f-dots f-strong" : "f-strong"}`, drawn(gone)),
    group(fade(!from), path("f-line f-lagoon f-strong", head(gone[40], gone[37], 11))),
    group(fade(now.looks), line("f-line f-dots f-soft", x, y, adult[0] + 26, adult[1] + 4)),
    from && [path("f-line f-strong f-clay f-dash", drawn([from, held ? hold : [x, y]])), path("f-line f-strong f-clay", head(middle, from, 12))],
    above(near(x), near(y), small, { color: "f-clay", turn, reach: now.back !== undefined }),
    lines("f-middle f-name f-halo", x + note[0], held ? y + 54 * small : y + note[1] - 12, 17, now.note),
  ];
}

const said = ({ alarm }) => ALARMS[alarm].say;

export const picture = {
  start: { alarm: 1 },
  label: (state) =>
    `Schematic. A kitchen seen from above, an adult at one side and a child on the way out across it. The more alarmed the child, the shorter the way from the adult, until it turns and comes back; as the alarm eases, it grows again. ${said(state)}`,
  say: said,
  draw({ alarm }, wide) {
    const place = wide ? WIDE : NARROW;
    const now = ALARMS[alarm];
    const where = whereabouts(now, place);
    const [x, y, width, height] = place.room;
    const out = now.back === undefined;
    const foot = y + height + (wide ? 54 : 62);
    const [adultX, adultY] = place.adult;
    return {
      ...place,
      shapes: [
        group({}, plan(place)),
        group({ class: `f-fade${alarm >= 4 ? "" : " f-off"}` }, noise(...place.drill, place.size)),
        above(adultX, adultY, place.size, { turn: out ? 20 : 4, reach: !out }),
        words("f-middle f-lagoon f-name", adultX - (wide ? 10 : 8), adultY - 46 * place.size, "adult"),
        group({}, child(now, where, place)),
        words("f-soft", x, y - 14, "a kitchen from above"),
        stamp(x + width - 88, y - 32),
        words(`f-lagoon ${out ? "f-name" : ""}`, x, foot, "a secure base, to set out from"),
        words(`f-clay ${out ? "" : "f-name"} ${wide ? "f-end" : ""}`, wide ? x + width : x, wide ? foot : foot + 22, "a safe haven, to come back to"),
      ],
    };
  },
  controls: [
    slider({
      key: "alarm", label: "The child is", min: 0, max: ALARMS.length - 1, step: 1, marks: MARKS, called: "moments to show",
      text: ({ alarm }) => ALARMS[alarm].word,
    }),
  ],
};

export default live(picture);
