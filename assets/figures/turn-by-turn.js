/** A talk in a laundry room in six turns: choose the worker's kind of turn and see what this parent might say. Invented. */

import { box, dot, group, line, lines, live, moves, path, stamp, words } from "./kit.js";
import { at, baby, chair, sitting } from "./people.js";

export const KINDS = ["Open question", "Affirmation", "Reflection", "Summary", "Explanation"];
const ROUNDS = 3;
const OPENING = ["We've got the room till the first.", "Then it's another month or it's nowhere."];

/**
 * The talk as places it can be in. At each, for every kind of turn: what the worker says, what the parent
 * says to it, and where the talk is then. `told` and `more` are further in; `shut` and `shutter` further out.
 */
export const TALK = {
  start: {
    "Open question": ["What have you tried so far?", "The county. I call at eight, every morning.", "told"],
    Affirmation: ["You've kept all four of you together since the building sold.", "That I did. And every morning I call the county.", "told"],
    Reflection: ["So you can see the first coming, and nothing past it.", "Nothing. I call the county every morning, and it's music.", "told"],
    Summary: ["So: a room till the first, and then you don't know. What have I left out?", "No, that's it.", "flat"],
    Explanation: ["The county has a housing navigator. If you call the main line\u2014", "I've called.", "shut"],
  },
  flat: {
    "Open question": ["What have you tried so far?", "The county. I call at eight, every morning.", "told"],
    Affirmation: ["You've kept all four of you together since the building sold.", "That I did. And every morning I call the county.", "told"],
    Reflection: ["And that's a lot to have hanging over you.", "It is. Every morning I call, and it's music.", "told"],
    Summary: ["So that's the whole of it. What have I left out?", "Like I said.", "flat"],
    Explanation: ["The county has a housing navigator. If you call the main line\u2014", "I've called.", "shut"],
  },
  shut: {
    "Open question": ["What happens when you call?", "Music. Then a machine. Every morning the same.", "told"],
    Affirmation: ["You called before anybody told you to.", "Since the week it sold. Every morning.", "told"],
    Reflection: ["You've done that, and here you still are.", "Every morning. And here I am.", "told"],
    Summary: ["So: a room till the first, and you've called. What have I left out?", "That I call every morning.", "told"],
    Explanation: ["It helps to call right at eight, before the line builds up.", "I know.", "shutter"],
  },
  shutter: {
    "Open question": ["What would be worth my asking about?", "How it goes when I call, maybe. I do it every morning.", "told"],
    Affirmation: ["You've kept at this without anybody's help.", "Somebody has to. Every morning.", "told"],
    Reflection: ["I keep telling you things you know.", "You do. I call every morning.", "told"],
    Summary: ["So you've been at it all along, and I gave advice. What have I left out?", "That it's every morning.", "told"],
    Explanation: ["There is a form on the website as well.", "Okay.", "shutter"],
  },
  told: {
    "Open question": ["What is it like, making that call?", "Her on my hip, him wanting cereal, and then their questions.", "more"],
    Affirmation: ["You've called every single morning, with both of them up.", "Every morning but Sunday. And I dread what they ask.", "more"],
    Reflection: ["Every morning, and nothing's moved.", "Nothing. And I hold my breath when the questions start.", "more"],
    Summary: ["So: the first is coming, and you call each morning. What have I left out?", "The questions they ask, before they say no.", "more"],
    Explanation: ["They answer emails now, too, if you mark them urgent.", "I saw that.", "shutter"],
  },
  more: {
    "Open question": ["Which of their questions is the hard one?", "I say \u201cmotel\u201d and it goes quiet. Somebody writes it down.", "deep"],
    Affirmation: ["You let them ask, and you call again the next day.", "I say \u201cmotel\u201d every time. I think somebody writes it down.", "deep"],
    Reflection: ["It's the asking that weighs on you.", "When I say \u201cmotel\u201d it goes quiet. They write it down.", "deep"],
    Summary: ["So: the calls, the children, the questions. What have I left out?", "That I say \u201cmotel,\u201d and I think somebody writes it down.", "deep"],
    Explanation: ["You can always ask to speak to a supervisor.", "Maybe.", "shutter"],
  },
};

const COMMENTS = {
  flat: "There was little to gather yet, so it comes back short.",
  shut: "It was kindly meant, and she had tried it. Her line gets shorter.",
  shutter: "It may well be true. Her line gets shorter still.",
  told: "She tells a little: she calls, and it is every morning.",
  more: "She tells a little more, and there is something about the questions.",
  deep: "She says the thing that she had told no one.",
};

/** The turns so far, two for each choice, and where they lead. */
export function turns(picks) {
  let place = "start";
  return picks.map((kind) => {
    const [worker, parent, next] = TALK[place][kind];
    place = next;
    return { kind, worker, parent, place };
  });
}

const quoted = (text) => `\u201c${text.replaceAll("\u201c", "\u2018").replaceAll("\u201d", "\u2019")}\u201d`;

function say({ picks }) {
  if (!picks.length) return `She says: ${quoted(OPENING.join(" "))} Choose the worker's first turn.`;
  const done = turns(picks);
  const { kind, worker, parent, place } = done.at(-1);
  const count = picks.length * 2;
  const end = picks.length === ROUNDS ? " That makes six turns; choose again to begin the talk anew." : "";
  const name = kind === "Open question" ? "an open question" : kind[0] === "S" || kind[0] === "R" ? `a ${kind.toLowerCase()}` : `an ${kind.toLowerCase()}`;
  return `Turn ${count - 1}, ${name}: ${quoted(worker)} Turn ${count}, the parent: ${quoted(parent)} ${COMMENTS[place]}${end}`;
}

/** Words in lines of at most `most` signs. */
function wrapped(text, most) {
  return text.split(" ").reduce((all, word) => {
    const last = all.at(-1);
    if (last === undefined || last.length + word.length + 1 > most) return [...all, word];
    return [...all.slice(0, -1), `${last} ${word}`];
  }, []);
}

const WIDE = {
  width: 680, floor: 164, size: 0.62, parent: 84, worker: 596, table: [330, 520], machines: [206, 268], from: 140, row: 22, most: { parent: 66, worker: 76 }, top: 224, slot: 68, reply: 28,
};
const NARROW = {
  width: 300, floor: 158, size: 0.54, parent: 48, worker: 252, table: [162, 212], machines: [126], from: 0, row: 18, most: { parent: 39, worker: 43 }, top: 276, slot: 124, reply: 56,
};

/** A machine with a round door. */
const machine = (x, floor, size) =>
  group({ transform: `translate(${x} ${floor}) scale(${size})` },
    box("f-line f-soft f-blank", -44, -104, 88, 104, 3), path("f-line f-hair f-soft", "M-44 -84H44"), dot("f-line f-soft f-skin", 0, -40, 28), dot("f-line f-hair f-soft", 0, -40, 20), dot("f-soft f-solid", -30, -94, 3), dot("f-soft f-solid", -18, -94, 3));

function room(place, picks) {
  const { width, floor, size, parent, worker, machines, table: [tableFrom, tableTo] } = place;
  const where = turns(picks).at(-1)?.place ?? "start";
  const shut = where.startsWith("shut");
  const open = where === "deep" || where === "more";
  const [high, low] = [floor - 72 * size, floor];
  return [
    machines.map((x) => machine(x, floor, size)),
    path("f-line f-soft", `M${tableFrom} ${low}V${high}M${tableTo} ${low}V${high}`), line("f-line f-soft f-strong", tableFrom - 8, high, tableTo + 8, high),
    box("f-line f-soft f-skin", tableFrom + 12, high - 7, 34 * size, 6, 2), box("f-line f-soft f-skin", tableFrom + 15, high - 14, 30 * size, 6, 2),
    line("f-line f-hair f-soft", 0, floor, width, floor),
    at(parent, floor, size, false, chair()),
    at(parent, floor, size, false, sitting({ color: "f-lagoon", skin: "umber", hair: "long", tilt: shut ? 12 : open ? -2 : 4, mouth: open ? "open" : "rest", away: shut && where === "shutter", lap: baby({ skin: "umber" }) })),
    path("f-line f-strong", `M${parent - 50 * size} ${floor}V${floor - 126 * size}q0 ${-12 * size} ${14 * size} ${-12 * size}`),
    at(worker, floor, size, true, box("f-line f-ink f-skin", -36, -58, 72, 58, 2)),
    at(worker, floor, size, true, path("f-line f-hair f-ink", "M-36 -38H36M-36 -20H36")),
    at(worker, floor, size, true, sitting({ color: "f-plum", skin: "tan", hair: "bun", glasses: true, tilt: 4, mouth: "rest" })),
    words("f-middle f-name f-lagoon", parent, floor + 20, "parent"),
    words("f-middle f-name f-plum", worker, floor + 20, "worker"),
  ];
}

/** One turn: who or what kind, what is said, and its number. */
function turnAt(y, { label, className, speech, text, number, from, most, row }) {
  const style = speech ? "f-speech" : "";
  return [
    words(`f-name ${className}`, 0, y, label),
    number && words("f-soft f-end", from ? 676 : 298, y, number),
    lines(style, from, from ? y : y + row, row, wrapped(text, most)),
  ];
}

/** The talk as it stands, in places that do not move when it grows. */
function written({ picks }, place, wide) {
  const { from, row, most, top, slot, reply } = place;
  const done = turns(picks);
  const parent = { label: "parent", className: "f-lagoon", speech: true, from, most: most.parent, row };
  return [
    wide ? lines("f-speech f-middle", 324, 62, 24, OPENING) : turnAt(top - 66, { ...parent, text: OPENING.join(" ") }),
    Array.from({ length: ROUNDS }, (_, i) => {
      const y = top + i * slot;
      const [number, turn] = [i * 2 + 1, done[i]];
      return [
        line("f-line f-hair f-soft f-dash", 0, y - 22, place.width, y - 22),
        turn
          ? [turnAt(y, { label: turn.kind.toLowerCase(), className: "f-plum", text: turn.worker, number, from, most: most.worker, row }), turnAt(y + reply, { ...parent, text: turn.parent, number: number + 1 })]
          : [words("f-soft", 0, y, `turn ${number}: the worker, yours to choose`), words("f-soft", 0, y + reply, `turn ${number + 1}: the parent`)],
      ];
    }),
  ];
}

export const picture = {
  start: { picks: ["Explanation", "Reflection", "Affirmation"] },
  label: (state) =>
    `An invented talk in six turns. A parent with a baby on her lap sits on the one chair of a laundry room, a worker on a crate. ${quoted(OPENING.join(" "))} ${turns(state.picks)
      .map(({ kind, worker, parent }) => `${kind}: ${quoted(worker)} Parent: ${quoted(parent)}`).join(" ")}`,
  say,
  draw(state, wide) {
    const place = wide ? WIDE : NARROW;
    return {
      width: place.width,
      height: wide ? 400 : 626,
      shapes: [stamp(wide ? 538 : 159, 2, "An invented talk"), group({}, room(place, state.picks)), group({}, written(state, place, wide))],
    };
  },
  controls: [
    moves({
      label: "The worker's next turn",
      titled: true,
      buttons: [
        ...KINDS.map((kind) => ({ text: kind, next: ({ picks }) => ({ picks: picks.length < ROUNDS ? [...picks, kind] : [kind] }) })),
        { text: "Take one back", next: ({ picks }) => ({ picks: picks.slice(0, -1) }) },
      ],
    }),
  ],
};

export default live(picture);
