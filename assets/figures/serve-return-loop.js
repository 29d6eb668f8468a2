/** Serve and return in five steps, and what happens when a serve is missed. */

import { branch, pane } from "./house.js";
import { dot, group, line, lines, live, moves, path, words } from "./kit.js";
import { adult, at, baby } from "./people.js";

const STEPS = [
  { name: "Notice", hint: "the baby's serve" },
  { name: "Return", hint: "look, smile, sound" },
  { name: "Name", hint: "a few words" },
  { name: "Wait", hint: "for the baby's turn" },
  { name: "Let it end", hint: "and watch again" },
];

/** What is seen at each moment: poses, who sends something, where they look, what is said. */
const MOMENTS = [
  {
    baby: { mouth: "smile", arm: "reach" }, adult: { mouth: "smile", arm: "reach" }, serve: true, answer: true,
    say: "One exchange. The baby serves; the adult notices, returns, names, waits and lets it end. Then around again.",
  },
  {
    baby: { mouth: "open", arm: "up", tilt: -16 }, adult: {}, serve: true, looks: ["baby"], babySays: "Ah!",
    say: "Step 1, Notice. The baby looks at the window, lifts a hand and calls out. That is a serve. The adult sees it.",
  },
  {
    baby: { arm: "up", tilt: -16 }, adult: { mouth: "smile", arm: "reach", tilt: -6 }, answer: true, looks: ["baby", "adult"],
    adultSays: ["Ah!"],
    say: "Step 2, Return. The adult looks where the baby looks, smiles and answers with the same sound.",
  },
  {
    baby: { mouth: "smile", arm: "reach", tilt: -16 }, adult: { mouth: "open", arm: "reach", tilt: -6 }, answer: true, looks: ["baby", "adult"],
    adultSays: ["The leaves", "are moving."],
    say: "Step 3, Name. A few words for what the baby is already looking at: \u201cThe leaves are moving.\u201d",
  },
  {
    baby: { mouth: "open", arm: "reach" }, adult: { mouth: "smile" }, serve: true, babySays: "Ba!", quiet: true,
    say: "Step 4, Wait. The adult stops and leaves room. After a moment the baby takes the next turn: \u201cBa!\u201d",
  },
  {
    baby: { away: true, tilt: 12 }, adult: { mouth: "smile" }, adultSays: ["All done", "looking."],
    say: "Step 5, Let it end. The baby looks away: that was enough. The adult lets it end and watches for the next serve.",
  },
];
const MISSED = {
  baby: { mouth: "sad", arm: "reach" }, adult: { away: true }, serve: true, lost: true, knock: true,
  say: "Missed. Someone knocks, the adult turns away, and the serve gets no answer. People who know each other well miss each other all day long.",
};
const REPAIRED = {
  baby: { mouth: "smile", arm: "reach" }, adult: { mouth: "open", arm: "reach" }, serve: true, answer: true,
  adultSays: ["I'm back.", "You saw leaves!"],
  say: "Repaired. The adult turns back, says so, and answers now. Coming back is the skill; never missing is not the goal.",
};

const moment = ({ step, branch: side }) => (side === "missed" ? MISSED : side === "repaired" ? REPAIRED : MOMENTS[step]);

const WIDE = {
  width: 680, height: 432, floor: 312, size: 1.22, baby: 158, adult: 524, window: [282, 22, 116, 112], branch: [398, 30, 84],
  serve: ["M228 193C280 166 384 152 440 146", "M428 139L441 146L430 155"],
  lost: "M228 193C256 178 284 170 312 164",
  answer: ["M440 176C400 238 304 256 238 222", "M242 235L237 222L251 221"],
  babyLooks: [226, 186, 292, 134], adultLooks: [444, 126, 392, 104], babyWords: [164, 158], adultWords: [524, 62], step: 21, knock: [642, 150],
};
const NARROW = {
  width: 300, height: 408, floor: 218, size: 0.86, baby: 52, adult: 238, window: [92, 12, 72, 70], branch: [164, 16, 54],
  serve: ["M104 132C122 120 150 108 176 103", "M167 97L177 103L169 110"],
  lost: "M104 132C112 126 124 120 134 117",
  answer: ["M178 124C160 154 132 162 112 154", "M116 164L111 153.6L122 151"],
  babyLooks: [99, 127, 112, 88], adultLooks: [180, 88, 164, 72], babyWords: [56, 108], adultWords: [240, 38], step: 18, knock: [270, 44],
};

function scene(now, place) {
  const { floor, size } = place;
  const fade = (on) => `f-fade${on ? "" : " f-off"}`;
  const [knockX, knockY] = place.knock;
  return [
    pane(...place.window, Boolean(now.looks)),
    branch(...place.branch),
    line("f-line f-hair f-soft", 0, floor, place.width, floor),
    at(place.baby, floor, size, false, baby({ skin: "tan", ...now.baby })),
    at(place.adult, floor, size, true, adult({ skin: "tan", ...now.adult })),
    group({ class: fade(now.looks?.includes("baby")) }, line("f-line f-soft f-dots", ...place.babyLooks)),
    group({ class: fade(now.looks?.includes("adult")) }, line("f-line f-soft f-dots", ...place.adultLooks)),
    group({ class: fade(now.serve && !now.lost) }, place.serve.map((d) => path("f-line f-strong f-clay", d))),
    group({ class: fade(now.lost) }, path("f-line f-strong f-dash f-clay", place.lost)),
    group({ class: fade(now.answer) }, place.answer.map((d) => path("f-line f-strong f-lagoon", d))),
    group({ class: fade(now.knock) }, lines("f-speech f-end", place.width - 4, knockY - place.step, place.step, ["knock,", "knock"])),
    words("f-speech f-middle", ...place.babyWords, now.babySays ?? " "),
    lines("f-speech f-middle", place.adultWords[0], place.adultWords[1] - (now.adultSays?.length > 1 ? place.step : 0), place.step, now.adultSays ?? [" "]),
    group({ class: fade(now.quiet) }, [0, 12, 24].map((x) => dot("f-solid f-soft", place.adultWords[0] - 12 + x, place.adultWords[1] - 6, 2.6))),
  ];
}

function bead(x, y, number, current) {
  return [
    dot(current ? "f-line f-lagoon f-solid" : "f-line f-lagoon f-skin", x, y, 14),
    words(`f-middle f-name ${current ? "f-paper" : "f-lagoon"}`, x, y + 5.2, number),
  ];
}

function stepsAcross(step) {
  return [
    path("f-line f-lagoon f-hair", "M22 346H658C672 346 678 352 678 364V406C678 418 672 424 658 424H22C8 424 2 418 2 406V364C2 352 8 346 22 346Z"),
    path("f-line f-lagoon", "M346 419L336 424L346 429"),
    STEPS.map(({ name, hint }, i) => [
      bead(72 + i * 134, 346, i + 1, step === i + 1),
      words(`f-middle f-name ${step === i + 1 ? "f-lagoon" : ""}`, 72 + i * 134, 381, name),
      words("f-middle f-soft", 72 + i * 134, 401, hint),
    ]),
  ];
}

function stepsDown(step) {
  return [
    path("f-line f-lagoon f-hair", "M34 248V384C34 400 4 400 4 384V252C4 232 34 232 34 248Z"),
    path("f-line f-lagoon", "M-1 322L4 312L9 322"),
    STEPS.map(({ name, hint }, i) => [
      bead(34, 250 + i * 34, i + 1, step === i + 1),
      words(`f-name ${step === i + 1 ? "f-lagoon" : ""}`, 58, 255 + i * 34, name),
      words("f-soft", 142, 255 + i * 34, hint),
    ]),
  ];
}

export const picture = {
  start: { step: 0, branch: "" },
  label: (state) => `A baby and an adult sit on the floor, turned toward each other, a window between them. ${moment(state).say}`,
  say: (state) => moment(state).say,
  draw(state, wide) {
    const place = wide ? WIDE : NARROW;
    const step = state.branch ? 0 : state.step;
    return { ...place, shapes: [scene(moment(state), place), wide ? stepsAcross(step) : stepsDown(step)] };
  },
  controls: [
    moves({
      label: "Steps of the exchange",
      buttons: [
        { text: "Back", next: ({ step, branch: side }) => (side === "repaired" ? { branch: "missed" } : side ? { branch: "" } : { step: Math.max(0, step - 1) }) },
        { text: "Next", next: ({ step, branch: side }) => (side === "missed" ? { branch: "repaired" } : side ? { branch: "", step: 2 } : { step: (step % STEPS.length) + 1 }) },
        { text: "What if it is missed?", next: ({ branch: side }) => ({ branch: side ? "" : "missed" }), pressed: ({ branch: side }) => side !== "" },
      ],
    }),
  ],
};

export default live(picture);
