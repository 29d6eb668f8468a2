/** The eight episodes of the Strange Situation: who is in the room, for how long, and where the coder looks. */

import { pane } from "./house.js";
import { box, dot, group, line, lines, live, moves, path, words } from "./kit.js";
import { at, baby, chair, sign, sitting, standing } from "./people.js";

/**
 * The episodes in order (claims A3 and A4). In the room: p the parent, s the stranger, b the baby.
 * `coded` is a reunion; `apart` may be cut short.
 */
export const EPISODES = [
  { name: ["Start"], row: "Shown into the room", room: "pb", minutes: 1,
    say: "1. Parent and baby are shown into a room with toys. About one minute; the other seven last up to three." },
  { name: ["Parent", "and baby"], row: "Parent and baby", room: "pb", minutes: 3,
    say: "2. Parent and baby are alone. The parent sits; the baby is free to look around and play." },
  { name: ["Stranger", "joins"], row: "Stranger joins", room: "psb", minutes: 3,
    say: "3. A stranger comes in and sits with them. Now three people are in the room." },
  { name: ["Parent", "leaves"], row: "Parent leaves", room: "sb", minutes: 3, apart: true,
    say: "4. First separation. The parent goes out; the stranger stays with the baby." },
  { name: ["Parent", "returns"], row: "Parent returns", room: "pb", minutes: 3, coded: true,
    say: "5. First reunion. The parent comes back, the stranger leaves. The coder watches how the baby meets the parent: coming close, holding on, turning aside, pushing away." },
  { name: ["Baby", "alone"], row: "Baby alone", room: "b", minutes: 3, apart: true,
    say: "6. Second separation. The parent goes out again, and the baby is alone in the room." },
  { name: ["Stranger", "returns"], row: "Stranger returns", room: "sb", minutes: 3, apart: true,
    say: "7. The stranger comes back first. The parent is still outside." },
  { name: ["Parent", "returns"], row: "Parent returns", room: "pb", minutes: 3, coded: true,
    say: "8. Second reunion. The parent comes back and the stranger leaves. This meeting and the one in episode 5 carry most of the code." },
];
const WHOLE = "Eight short episodes in one room. What changes is who is there. The coding rests chiefly on the two reunions, 5 and 8, and not on how much the baby cries.";
const EARLY = "If the baby is very distressed while the parent is out, the episode is cut short and the next one begins. Up to three minutes is the most, never a must.";
/** What the room shows before the first step: a reunion, since the code rests there. */
const FIRST_SEEN = 4;

const WIDE = {
  width: 680, height: 424, floor: 226, top: 12, wall: 166, size: 0.68, small: 0.62, window: [404, 44, 82, 78],
  hall: { parent: 44, stranger: 116 }, sit: { parent: 604, stranger: 316 }, stand: { parent: 218 }, baby: 440,
};
const NARROW = {
  width: 300, height: 450, floor: 158, top: 6, wall: 104, size: 0.45, small: 0.45, window: [184, 20, 50, 46],
  hall: { parent: 22, stranger: 76 }, sit: { parent: 274, stranger: 160 }, stand: { parent: 128 }, baby: 212,
};

const PARENT = { color: "f-lagoon" };
const STRANGER = { color: "f-plum", skin: "tan", hair: "bun" };

/** Where somebody is in an episode, and whether they sit there. */
function whereabouts(step, place) {
  const { room } = EPISODES[step];
  const parentIn = room.includes("p");
  const parentSits = step === 1 || step === 2;
  return {
    parent: !parentIn ? [place.hall.parent, "stand"] : parentSits ? [place.sit.parent, "sit"] : [place.stand.parent, "meet"],
    stranger: room.includes("s") ? [place.sit.stranger, "sit"] : [place.hall.stranger, "stand"],
  };
}

/** Toys on the floor: a ball and two blocks. */
const toys = (x, y, size) =>
  group({ transform: `translate(${x} ${y}) scale(${size})` },
    dot("f-line f-sun f-solid", 0, -15, 15), dot("f-line", 0, -15, 15), path("f-line f-hair", "M-13 -21Q0 -12 13 -21"),
    box("f-line f-skin", 30, -24, 24, 24, 2), box("f-line f-skin", 58, -24, 24, 24, 2), box("f-line f-skin", 44, -48, 24, 24, 2));

function scene(step, early, place) {
  const { floor, top, wall, size, small, width } = place;
  const { coded, apart } = EPISODES[step];
  const { parent: [parentX, parentWay], stranger: [strangerX, strangerWay] } = whereabouts(step, place);
  const reunion = parentWay === "meet";
  const door = floor - 268 * small;
  const label = (x, text, className) => words(`f-middle ${className}`, x, floor + 19, text);
  return [
    group({ class: `f-fade${coded ? "" : " f-off"}` }, box("f-sun f-tint", wall, top, width - wall - 1, floor - top)),
    path("f-line f-soft", `M${wall} ${top}H${width - 1}V${floor}`),
    line("f-line f-soft f-strong", wall, top, wall, door),
    line("f-line f-hair f-soft", 0, floor, width, floor),
    pane(...place.window, Boolean(coded)),
    words("f-soft", 2, top + 12, "hall"),
    words("f-soft", wall + 10, top + (size > 0.5 ? 22 : 18), "room"),
    at(place.sit.stranger, floor, size, false, chair()),
    at(place.sit.parent, floor, size, true, chair()),
    toys(place.baby + 92 * size, floor, size),
    at(parentX, floor, size, parentWay === "sit", parentWay === "sit" ? sitting(PARENT) : standing({ ...PARENT, tilt: reunion ? 10 : 0 })),
    at(strangerX, floor, size, false, strangerWay === "sit" ? sitting(STRANGER) : standing(STRANGER)),
    at(place.baby, floor, size * 0.92, reunion || Boolean(apart), baby({ mouth: apart && early ? "sad" : "rest", tilt: reunion ? -14 : 0 })),
    label(parentX, "parent", "f-lagoon f-name"),
    label(strangerX, "stranger", "f-plum f-name"),
    label(place.baby, "baby", "f-clay f-name"),
  ];
}

/** Who is in the room in an episode, as signs standing on a floor, centered on x. */
function company(room, x, y, unit) {
  const kinds = { p: ["f-lagoon f-solid", 1], s: ["f-line f-plum f-skin", 1], b: ["f-clay f-solid", 0.62] };
  const there = [...room];
  return there.map((who, i) => sign(kinds[who][0], x + (i - (there.length - 1) / 2) * unit * 0.66, y, unit * kinds[who][1]));
}

const MINUTE = 30.4;
/** The eight as rooms in a row, each as long as it may last. */
function rooms(step, early) {
  const [top, floor] = [304, 356];
  let x = 1;
  return EPISODES.map(({ name, room, minutes, coded, apart }, i) => {
    const [left, width, now] = [x, minutes * MINUTE, step === i + 1];
    const short = early && apart ? width * 0.42 : 0;
    const middle = left + (width - short) / 2;
    x += width + 3;
    return [
      coded && box("f-sun f-deep", left, top, width, floor - top),
      box(`f-line ${now ? "f-strong f-lagoon" : "f-soft"}`, left, top, width - short, floor - top),
      short > 0 && [box("f-line f-hair f-soft f-dash", left + width - short, top, short, floor - top), line("f-line f-strong f-clay", left + width - short, top - 6, left + width - short, floor + 6)],
      company(room, middle, floor - 4, minutes === 1 ? 20 : room.length === 3 ? 30 : 34),
      words(`f-middle f-name ${now ? "f-lagoon" : ""}`, left + width / 2, floor + 22, i + 1),
      lines(`f-middle ${now ? "f-lagoon f-name" : ""}`, left + width / 2, floor + 42, 18, name),
    ];
  });
}

function across(step, early) {
  const start = (i) => 1 + (i ? MINUTE + 3 + (i - 1) * (3 * MINUTE + 3) : 0);
  const [first, second] = [start(4) + 1.5 * MINUTE, start(7) + 1.5 * MINUTE];
  return [
    path("f-line f-soft", `M${first} 300V284H${first + 44}M${second - 44} 284H${second}V300`),
    words("f-middle f-name", (first + second) / 2, 289, "the coding rests here"),
    words(early ? "f-clay f-name" : "f-soft", 1, 289, early ? "cut short if very distressed" : "each as long as it may last: 1 minute, then up to 3"),
    rooms(step, early),
  ];
}

function down(step, early) {
  return EPISODES.map(({ row, coded, apart }, i) => {
    const [y, now] = [206 + i * 30, step === i + 1];
    const note = coded ? "coding rests here" : early && apart ? "cut short" : i ? "up to 3 min" : "1 min";
    return [
      coded && box("f-sun f-deep", 0, y - 14, 300, 28, 4),
      i < 7 && line("f-line f-hair f-lagoon", 14, y + 11, 14, y + 19),
      dot(now ? "f-line f-lagoon f-solid" : "f-line f-lagoon f-skin", 14, y, 11),
      words(`f-middle f-name ${now ? "f-paper" : "f-lagoon"}`, 14, y + 5, i + 1),
      words(now ? `f-name ${coded ? "" : "f-lagoon"}` : "", 34, y + 5, row),
      words(`f-end ${coded ? "f-name" : early && apart ? "f-clay f-name" : "f-soft"}`, 296, y + 5, note),
    ];
  });
}

function say({ step, early }) {
  const what = step ? EPISODES[step - 1].say : WHOLE;
  return early ? `${what} ${EARLY}` : what;
}

export const picture = {
  start: { step: 0, early: false },
  label: (state) =>
    `A room with two chairs and toys, a hall beside it, and the eight episodes of the Strange Situation in order: ${EPISODES.map(({ row }, i) => `${i + 1} ${row.toLowerCase()}`).join(", ")}. The two reunions, 5 and 8, are lit: the coding rests there. ${say(state)}`,
  say,
  draw({ step, early }, wide) {
    const place = wide ? WIDE : NARROW;
    const shown = step ? step - 1 : FIRST_SEEN;
    return { ...place, shapes: [group({}, scene(shown, early, place)), wide ? across(step, early) : down(step, early)] };
  },
  controls: [
    moves({
      label: "Steps of the procedure",
      buttons: [
        { text: "Back", next: ({ step }) => ({ step: Math.max(0, step - 1) }) },
        { text: "Next", next: ({ step }) => ({ step: (step % EPISODES.length) + 1 }) },
        { text: "If the baby cries hard", next: ({ early }) => ({ early: !early }), pressed: ({ early }) => early },
      ],
    }),
  ],
};

export default live(picture);
