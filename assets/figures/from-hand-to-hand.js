/** A handover at a small child's height, in five steps, and what she sees when nobody says anything. */

import { pane } from "./house.js";
import { box, dot, group, line, lines, live, moves, path, words } from "./kit.js";
import { at, kneeling, limb, standing, toddler } from "./people.js";

const STEPS = [
  { name: "Come down", hint: "to where faces are" },
  { name: "Say it", hint: "who, where, when" },
  { name: "Who stays", hint: "and gives a hand" },
  { name: "Goodbye", hint: "even with tears" },
  { name: "Wait together", hint: "beside her" },
];

const LEAVES = { color: "f-lagoon", skin: "umber", hair: "long" };
const STAYS = { color: "f-plum", skin: "tan", glasses: true };

/** What is seen at each moment: who is where and does what, and what is said; `coats` when no face is in view. */
const MOMENTS = [
  {
    child: {}, stays: { mouth: "smile", arm: "offer", tilt: 12 }, leaves: { mouth: "open", tilt: 12 },
    leavesSay: ["I'm going to work.", "I come back", "after nap."], staysSay: ["I stay", "with you."],
    say: "A handover, seen at a small child's height. Both adults are down where she can see their faces, and the words have four parts: who goes, where, when back, and who stays.",
  },
  {
    child: { tilt: -8 }, stays: { mouth: "smile", tilt: 12 }, leaves: { mouth: "smile", tilt: 12 },
    say: "Step 1, Come down. Both adults crouch, so that their faces come into view. She sees that they know each other.",
  },
  {
    child: { tilt: -8 }, stays: { tilt: 12 }, leaves: { mouth: "open", tilt: 12 },
    leavesSay: ["I'm going to work.", "I come back", "after nap."],
    say: "Step 2, Say it. The one who is leaving says who, where and when back: \u201cI'm going to work. I come back after nap.\u201d",
  },
  {
    child: { turned: true, arm: "reach", tilt: -8 }, stays: { mouth: "open", arm: "offer", tilt: 12 }, leaves: { mouth: "smile", tilt: 12 },
    staysSay: ["I stay", "with you."],
    say: "Step 3, Who stays. The one who is staying says so and holds out a hand: \u201cI stay with you.\u201d",
  },
  {
    child: { mouth: "sad", arm: "up" }, stays: { arm: "reach", tilt: 12 }, leaves: { mouth: "smile", arm: "wave", door: true },
    leavesSay: ["Bye-bye."],
    say: "Step 4, Goodbye. The one who is leaving says goodbye and waves from the door. There may be tears; slipping out would spare the adult, not the child.",
  },
  {
    child: { turned: true, arm: "reach", window: true }, stays: { turned: true, window: true, mouth: "smile", tilt: 6 },
    say: "Step 5, Wait together. The one who stays waits beside her at the window. Nothing has to be made better just now.",
  },
];
const UNSAID = {
  child: { mouth: "sad" }, coats: true, closing: true,
  say: "Nobody says anything. From her height there are coats, and a door that closes. She does not know who has gone, where, or for how long.",
};
const LATE = {
  child: { turned: true, tilt: -8 }, stays: { mouth: "open", arm: "offer", tilt: 12 },
  staysSay: ["She went to work.", "She comes back", "after nap. I stay."],
  say: "Late, and still worth saying. The one who stays comes down to her height and says it now: who, where, when back, and who stays.",
};

const moment = ({ step, branch }) => (branch === "unsaid" ? UNSAID : branch === "late" ? LATE : MOMENTS[step]);

const WIDE = {
  width: 680, height: 446, floor: 322, size: 1.16, stays: 158, child: 322, leaves: 532, wait: [164, 296],
  window: [16, 106, 76, 104], door: [588, 114, 76, 208], far: [630, 0.76], coats: [150, 604], blind: 140,
  staysWords: [168, 62], leavesWords: [500, 62], bye: [536, 152], step: 21, blindWords: [["faces are up here, where she does not see them"], 82],
};
const NARROW = {
  width: 300, height: 444, floor: 244, size: 0.76, stays: 62, child: 146, leaves: 252, wait: [76, 152],
  window: [2, 104, 42, 64], door: [250, 104, 48, 140], far: [278, 0.54], coats: [60, 258], blind: 118,
  staysWords: [66, 62], leavesWords: [230, 62], bye: [206, 122], step: 18, blindWords: [["faces are up here,", "where she does not see them"], 56],
};

/** A doorway with its leaf: shut, wide open, or on the way to. */
function door([x, y, width, height], how) {
  const right = x + width;
  const leaf = { shut: [x, 0], closing: [x + width * 0.5, 8] }[how];
  return [
    box("f-line f-blank", x, y, width, height),
    leaf && path("f-line f-skin", `M${right} ${y}L${leaf[0]} ${y + leaf[1]}V${y + height + leaf[1]}L${right} ${y + height}Z`),
    leaf && dot("f-solid", leaf[0] + 9, y + height * 0.54, 3.2),
  ];
}

/** Somebody's coat, from the shoulders down, with a sleeve and a hand. */
const coat = ({ color, skin }) =>
  group({ class: `${color} f-${skin}` },
    path("f-line f-ink f-blank", "M-20 -70L-17 -3C-17 0 -13 0 -9 0L13 0C12 -6 6 -9 1 -11L4 -60L15 -3C15 0 19 0 23 0L45 0C44 -6 38 -9 33 -11L32 -70Z"),
    path("f-person", "M-32 -176C-40 -128 -42 -84 -46 -46C-14 -40 18 -40 50 -46C46 -84 48 -130 40 -176Z"),
    path("f-line f-ink", "M26 -174C30 -130 32 -86 32 -43"),
    limb({ d: "M2 -166C-8 -140 -10 -116 -4 -92", hand: [-2.6, -85] }, ""));

function scene(now, place) {
  const { floor, size, width, blind, step } = place;
  const fade = (on) => ({ class: `f-fade${on ? "" : " f-off"}` });
  const { child, stays = {}, leaves = {}, coats = false } = now;
  const [childX, staysX] = stays.window ? place.wait : [place.child, place.stays];
  const [farX, farSize] = place.far;
  const [blindText, blindY] = place.blindWords;
  const said = ([x, y], text = [" "]) => lines("f-speech f-middle", x, y - (text.length - 1) * step + step, step, text);
  return [
    pane(...place.window, Boolean(stays.window)),
    line("f-line f-hair f-soft", 0, floor, width, floor),
    group({}, door(place.door, leaves.door ? "open" : now.closing ? "closing" : "shut")),
    group(fade(leaves.door), at(farX, floor - 2, farSize, true, standing({ ...LEAVES, ...leaves }))),
    group(fade(coats), [at(place.coats[1], floor, size, false, coat(LEAVES)), now.closing && door(place.door, "closing").slice(1), at(place.coats[0], floor, size * 1.06, false, coat(STAYS))]),
    group(fade(now.stays), at(staysX, floor, size, Boolean(stays.turned), kneeling({ ...STAYS, ...stays }))),
    group(fade(now.leaves && !leaves.door), at(place.leaves, floor, size, true, kneeling({ ...LEAVES, ...leaves }))),
    at(childX, floor, size, Boolean(child.turned), toddler({ skin: "umber", ...child })),
    group(fade(coats), box("f-skin", -2, -4, width + 4, blind + 4), line("f-line f-soft f-dash", 0, blind, width, blind), lines("f-soft f-middle", width / 2, blindY, 19, blindText)),
    said(place.staysWords, now.staysSay),
    said(leaves.door ? place.bye : place.leavesWords, now.leavesSay),
  ];
}

function bead(x, y, number, current) {
  return [
    dot(current ? "f-line f-lagoon f-solid" : "f-line f-lagoon f-skin", x, y, 14),
    words(`f-middle f-name ${current ? "f-paper" : "f-lagoon"}`, x, y + 5.2, number),
  ];
}

function stepsAcross(now) {
  const x = (i) => 68 + i * 136;
  return [
    line("f-line f-lagoon f-hair", x(0), 366, x(4), 366),
    STEPS.map(({ name, hint }, i) => [
      bead(x(i), 366, i + 1, now === i + 1),
      words(`f-middle f-name ${now === i + 1 ? "f-lagoon" : ""}`, x(i), 402, name),
      words("f-middle f-soft", x(i), 422, hint),
    ]),
  ];
}

function stepsDown(now) {
  const y = (i) => 284 + i * 36;
  return [
    line("f-line f-lagoon f-hair", 16, y(0), 16, y(4)),
    STEPS.map(({ name, hint }, i) => [
      bead(16, y(i), i + 1, now === i + 1),
      words(`f-name ${now === i + 1 ? "f-lagoon" : ""}`, 42, y(i) + 5, name),
      words("f-soft", 146, y(i) + 5, hint),
    ]),
  ];
}

export const picture = {
  start: { step: 0, branch: "" },
  label: (state) => `A room at a small child's height, a window on one side and a door on the other, a child between two adults. ${moment(state).say}`,
  say: (state) => moment(state).say,
  draw(state, wide) {
    const place = wide ? WIDE : NARROW;
    const step = state.branch ? 0 : state.step;
    return { ...place, shapes: [scene(moment(state), place), wide ? stepsAcross(step) : stepsDown(step)] };
  },
  controls: [
    moves({
      label: "Steps of the handover",
      buttons: [
        { text: "Back", next: ({ step, branch }) => (branch === "late" ? { branch: "unsaid" } : branch ? { branch: "" } : { step: Math.max(0, step - 1) }) },
        { text: "Next", next: ({ step, branch }) => (branch === "unsaid" ? { branch: "late" } : branch ? { branch: "", step: 1 } : { step: (step + 1) % MOMENTS.length }) },
        { text: "What if nobody says?", next: ({ branch }) => ({ branch: branch ? "" : "unsaid" }), pressed: ({ branch }) => branch !== "" },
      ],
    }),
  ],
};

export default live(picture);
