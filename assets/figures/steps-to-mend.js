/** Mending between a worker and a parent in five steps, a door between them, and what explaining does. Our own steps. */

import { door } from "./house.js";
import { dot, group, line, lines, live, moves, path, stamp, words } from "./kit.js";
import { at, standing } from "./people.js";

const STEPS = [
  { name: ["Notice", "the change"], row: "Notice the change" },
  { name: ["Say your part", "first, plainly"], row: "Say your part first, plainly" },
  { name: ["Ask how it was,", "hear the end"], row: "Ask how it was, and hear the end" },
  { name: ["Put right", "what can be"], row: "Put right what can be" },
  { name: ["Agree on", "next time"], row: "Agree on next time" },
];

/** What is seen at each moment: how far the door is open, who says what, and how they stand. */
export const MOMENTS = [
  {
    open: 0.22, parent: { tilt: 4 }, worker: { tilt: 4 },
    say: "A door between two people stands open by a hand's width: something has gone wrong between them. Five steps of ours, in this order, open it little by little; \u201crepair\u201d is borrowed from what is known of parents and babies.",
  },
  {
    open: 0.3, parent: { away: true, tilt: 6, mouth: "open" }, worker: { tilt: 4 }, parentSays: ["It's fine.", "Thursday's no good."],
    say: "Step 1, Notice the change. Shorter answers, a day that no longer suits. The worker sees it and does not wait for it to pass.",
  },
  {
    open: 0.44, parent: { tilt: 4 }, worker: { mouth: "open", tilt: 6 }, workerSays: ["I called without", "asking you. That was", "yours to decide."],
    say: "Step 2, Say your part first, plainly. \u201cI called without asking you. That was yours to decide.\u201d No but and no if, once, and in the size that it has.",
  },
  {
    open: 0.6, parent: { mouth: "open", arm: "offer" }, worker: { tilt: 8 }, parentSays: ["And that's not", "all of it."], quiet: true,
    say: "Step 3, Ask how it was, and listen to the end. The parent: \u201cAnd that's not all of it.\u201d The worker's reasons stay where they are. The end usually comes later than one thinks.",
  },
  {
    open: 0.78, parent: { mouth: "rest" }, worker: { mouth: "open", arm: "offer" }, workerSays: ["What would help?", "I can't undo all", "of it."],
    say: "Step 4, Put right what can be put right, and say what can't. \u201cWhat would help? I can't undo all of it.\u201d The parent may want nothing done.",
  },
  {
    open: 1, parent: { mouth: "smile", arm: "reach" }, worker: { mouth: "smile", arm: "reach" }, parentSays: ["And I'll tell you", "sooner."], workerSays: ["Next time", "I ask first."],
    say: "Step 5, Agree on next time. The worker: \u201cNext time I ask first.\u201d The parent: \u201cAnd I'll tell you sooner.\u201d Each of them has a part.",
  },
];
export const EXPLAINED = {
  open: 0.12, parent: { away: true, tilt: 8 }, worker: { mouth: "open", arm: "offer" }, workerSays: ["I only did it", "because I was", "so worried\u2026"],
  say: "What if I explain myself? \u201cI only did it because I was so worried\u2026\u201d A reason, even a good one, sounds like a defense until the other person has been heard. The door stands narrower than before, and the way leads back to step 1.",
};

const moment = ({ step, explained }) => (explained ? EXPLAINED : MOMENTS[step]);

const WIDE = {
  width: 680, height: 436, floor: 304, size: 0.9, parent: 148, worker: 532, door: [340, 112, 216], parentWords: 150, workerWords: 530, speech: 64, step: 22,
};
const NARROW = {
  width: 300, height: 462, floor: 250, size: 0.64, parent: 46, worker: 254, door: [150, 66, 152], parentWords: 72, workerWords: 226, speech: 84, step: 18,
};

function scene(now, place) {
  const { floor, size, width, door: [x, across, tall], speech, step } = place;
  const said = (middle, texts = []) => lines("f-speech f-middle", middle, speech - (texts.length - 1) * step, step, texts.length ? texts : [" "]);
  return [
    group({}, door(x, floor, across, tall, now.open)),
    line("f-line f-hair f-soft", 0, floor, width, floor),
    at(place.parent, floor, size, false, standing({ color: "f-lagoon", skin: "umber", hair: "long", ...now.parent })),
    at(place.worker, floor, size, true, standing({ color: "f-plum", skin: "tan", hair: "bun", glasses: true, ...now.worker })),
    words("f-middle f-name f-lagoon", place.parent, floor + 20, "parent"),
    words("f-middle f-name f-plum", place.worker, floor + 20, "worker"),
    group({}, said(place.parentWords, now.parentSays)),
    group({}, said(place.workerWords, now.workerSays)),
    group({ class: `f-fade${now.quiet ? "" : " f-off"}` }, [0, 12, 24].map((more) => dot("f-solid f-soft", place.workerWords - 12 + more, speech - 6, 2.6))),
  ];
}

const bead = (x, y, number, now) => [
  dot(now ? "f-line f-lagoon f-solid" : "f-line f-lagoon f-skin", x, y, 14),
  words(`f-middle f-name ${now ? "f-paper" : "f-lagoon"}`, x, y + 5.2, number),
];

function across(step, explained) {
  const x = (i) => 72 + i * 134;
  return [
    line("f-line f-lagoon f-hair", x(0), 372, x(4), 372),
    STEPS.map(({ name }, i) => [
      bead(x(i), 372, i + 1, step === i + 1),
      lines(`f-middle f-name ${step === i + 1 ? "f-lagoon" : ""}`, x(i), 406, 19, name),
    ]),
    group({ class: `f-fade${explained ? "" : " f-off"}` },
      path("f-line f-strong f-dash f-clay", `M${x(1)} 352C${x(1) - 22} 334 ${x(0) + 22} 334 ${x(0) + 5} 350`),
      path("f-line f-strong f-clay", `M${x(0) + 4} 339L${x(0) + 3} 352L${x(0) + 17} 351`)),
  ];
}

function down(step, explained) {
  const y = (i) => 302 + i * 34;
  return [
    line("f-line f-lagoon f-hair", 34, y(0), 34, y(4)),
    STEPS.map(({ row }, i) => [
      bead(34, y(i), i + 1, step === i + 1),
      words(`f-name ${step === i + 1 ? "f-lagoon" : ""}`, 58, y(i) + 5, row),
    ]),
    group({ class: `f-fade${explained ? "" : " f-off"}` },
      path("f-line f-strong f-dash f-clay", `M15 ${y(1)}C1 ${y(1) - 8} 1 ${y(0) + 8} 14 ${y(0) + 3}`),
      path("f-line f-strong f-clay", `M4 ${y(0) - 2}L16 ${y(0) + 2}L9 ${y(0) + 13}`)),
  ];
}

export const picture = {
  start: { step: 0, explained: false },
  label: (state) =>
    `A parent and a worker stand on either side of a door, with five steps written below: ${STEPS.map(({ row }, i) => `${i + 1} ${row.toLowerCase()}`).join(", ")}. They are the course's own. ${moment(state).say}`,
  say: (state) => moment(state).say,
  draw(state, wide) {
    const place = wide ? WIDE : NARROW;
    const step = state.explained ? 2 : state.step;
    return {
      ...place,
      shapes: [
        stamp(wide ? 272 : 86, wide ? 6 : 2, "Our own five steps"),
        group({}, scene(moment(state), place)),
        group({}, wide ? across(step, state.explained) : down(step, state.explained)),
      ],
    };
  },
  controls: [
    moves({
      label: "Steps of mending",
      buttons: [
        { text: "Back", next: ({ step, explained }) => (explained ? { step: 2, explained: false } : { step: Math.max(0, step - 1) }) },
        { text: "Next", next: ({ step, explained }) => (explained ? { step: 1, explained: false } : { step: (step % STEPS.length) + 1 }) },
        { text: "What if I explain myself?", next: ({ explained }) => ({ step: 2, explained: !explained }), pressed: ({ explained }) => explained },
      ],
    }),
  ],
};

export default live(picture);
