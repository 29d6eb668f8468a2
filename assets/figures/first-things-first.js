/** Eight needs to lay in three trays, by when they bite, with a hint at who could take the next step. Schematic. */

import { box, group, live, moves, near, path, stamp, words } from "./kit.js";
import { sign } from "./people.js";

export const TRAYS = ["today", "this week", "this season"];
const WHO = { family: "the family", both: "both together", worker: "the worker" };

/** `bites` is the tray by which it begins to hurt; our own judgment, as is who could go first. */
export const NEEDS = [
  { name: "diapers for tonight", bites: 0, who: "worker", hint: "Ask first; then a voucher or a bank that your agency knows, so that it comes with no debt to you." },
  { name: "a shut-off notice", bites: 1, who: "both", hint: "Read the date together and call on speaker, with the family leading." },
  { name: "the housing list", bites: 2, who: "family", hint: "They may be on it already. Ask before you explain." },
  { name: "food until payday", bites: 1, who: "family", hint: "They know which pantry has hours that they can make." },
  { name: "a letter with a date", bites: 1, who: "both", hint: "Read it side by side; they write the answer and keep the copy." },
  { name: "a library card", bites: 2, who: "family", hint: "A walk with the children, when there is breath for it." },
  { name: "a ride on Monday", bites: 1, who: "family", hint: "Many people have somebody to ask. If not, look for a ride program together." },
  { name: "dryer for thirty rooms", bites: 2, who: "worker", hint: "Through your agency, so that no single family has to be the complaint." },
];
const COLORS = { family: "f-lagoon", both: "f-lagoon", worker: "f-plum" };

/** Who could take the next step, at the right end of a card: a home, somebody, or both. */
function marks(who, right, ground, tall) {
  const home = (x) => path("f-lagoon f-solid", `M${x} ${ground}v${-tall * 0.55}l${tall * 0.46} ${-tall * 0.45}l${tall * 0.46} ${tall * 0.45}v${tall * 0.55}z`);
  return [
    who !== "worker" && home(near(right - tall * (who === "both" ? 1.76 : 0.92))),
    who !== "family" && sign("f-plum f-solid", near(right - tall * 0.4), ground, tall),
  ];
}

const card = ({ name, who }, x, y, width, tall, now) => [
  box(`f-line f-blank ${now ? "f-strong" : "f-hair"} ${COLORS[who]}`, x, y, width, tall, 4),
  words("", x + 9, y + tall / 2 + 5, name),
  marks(who, x + width - 7, y + tall - 5, tall - 10),
];

/** A tray, open at the top, its name above. */
const tray = (x, y, width, height, name) => [
  words("f-name", x + 2, y - 10, name),
  path("f-line f-strong", `M${x} ${y}V${y + height}H${x + width}V${y}`),
];

const IN_HAND = "in your hand";
const ALL_PLACED = "all eight are placed";

/** The card that is to be placed now, and beside it the names of those that follow. */
function handAbove({ placed }) {
  const [next, ...rest] = NEEDS.slice(placed.length);
  return [
    words("f-name", 0, 20, next ? IN_HAND : ALL_PLACED),
    next && [box("f-line f-strong f-blank", 2, 32, 208, 44, 5), words("f-big f-middle", 106, 60, next.name)],
    rest.length > 0 && [
      words("f-soft", 236, 20, "still to come"),
      rest.map(({ name }, i) => words("", 236 + Math.floor(i / 4) * 216, 42 + (i % 4) * 19, name)),
    ],
  ];
}

/** The cards that are still in the hand, one under another. */
const handAtTop = ({ placed }) => [
  words("f-name", 0, 18, placed.length < NEEDS.length ? IN_HAND : ALL_PLACED),
  NEEDS.slice(placed.length).map(({ name }, i) =>
    i ? words("f-soft", 9, 62 + i * 21, name) : [box("f-line f-strong f-blank", 2, 30, 296, 36, 5), words("f-name", 11, 53, name)]),
];

const inTray = (placed, number) => NEEDS.slice(0, placed.length).filter((_, i) => placed[i] === number);

function key(y, wide) {
  const places = wide ? [[222, "family"], [354, "both"], [516, "worker"]] : [[0, "family"], [0, "both"], [0, "worker"]];
  return [
    words("f-soft", 0, y, "who could take the next step:"),
    places.map(([x, who], i) => {
      const at = wide ? y : y + 24 + i * 23;
      return [marks(who, x + 30, at + 3, 17), words(`f-name ${COLORS[who]}`, x + 38, at, WHO[who])];
    }),
  ];
}

function columns({ placed }) {
  const [width, top, tall, step] = [212, 150, 25, 28];
  return TRAYS.map((name, number) => {
    const x = number * 234;
    return [
      tray(x, top, width, 8 * step + 8, name),
      inTray(placed, number).map((need, i, all) => card(need, x + 6, top + 8 + (8 - all.length + i) * step - 4, width - 12, tall, need === NEEDS[placed.length - 1])),
    ];
  });
}

/** The trays under each other, from the bottom up, so that nothing moves but what was laid. */
function stacked({ placed }, bottom) {
  const heights = TRAYS.map((_, number) => Math.max(1, inTray(placed, number).length) * 31 + 8);
  return TRAYS.map((name, number) => {
    const cards = inTray(placed, number);
    const top = bottom - heights.slice(number).reduce((sum, height) => sum + height + 34, -34);
    return [
      tray(1, top, 298, heights[number], name),
      cards.map((need, i) => card(need, 8, top + 4 + i * 31, 284, 27, need === NEEDS[placed.length - 1])),
    ];
  });
}

/** How a placed card sits beside the time at which it bites. */
function timing({ name, bites }, number) {
  if (number > bites) return ` Can it wait that long? It bites ${bites ? "this week" : "today"}. What would they do until then?`;
  if (number < bites) return " It could wait, by our own reckoning. If this family wants it first, it comes first.";
  return "";
}

function say({ placed }) {
  if (!placed.length) return `The first card: \u201c${NEEDS[0].name}.\u201d When does it bite for this family? Choose a tray.`;
  const [need, number] = [NEEDS[placed.length - 1], placed.at(-1)];
  const now = `You lay \u201c${need.name}\u201d in the tray for ${TRAYS[number]}.${timing(need, number)} The next step could be for ${WHO[need.who]}. ${need.hint}`;
  const end = placed.length < NEEDS.length ? "" : " All eight are placed: four next steps for the family, two for both together, two for the worker. Another family would lay them otherwise.";
  return now + end;
}

const listed = ({ placed }) =>
  TRAYS.map((name, number) => `${name}: ${inTray(placed, number).map((need) => `${need.name} (${WHO[need.who]})`).join(", ") || "nothing yet"}`).join("; ");

export const picture = {
  start: { placed: [0, 1, 2] },
  label: (state) =>
    `Schematic. A board with three trays, today, this week and this season, and eight needs on cards. Each card shows who could take the next step: the family, both together, or the worker. ${listed(state)}. ${say(state)}`,
  say,
  draw(state, wide) {
    return {
      width: wide ? 680 : 300,
      height: wide ? 426 : 604,
      shapes: [
        stamp(wide ? 592 : 212, 2),
        group({}, wide ? handAbove(state) : handAtTop(state)),
        group({}, wide ? columns(state) : stacked(state, 504)),
        key(wide ? 418 : 532, wide),
      ],
    };
  },
  controls: [
    moves({
      label: "Lay the card in the tray for",
      titled: true,
      buttons: [
        ...TRAYS.map((name, number) => ({ text: name[0].toUpperCase() + name.slice(1), next: ({ placed }) => ({ placed: placed.length < NEEDS.length ? [...placed, number] : placed }) })),
        { text: "Take one back", next: ({ placed }) => ({ placed: placed.slice(0, -1) }) },
        { text: "Clear the board", next: () => ({ placed: [] }) },
      ],
    }),
  ],
};

export default live(picture);
