/**
 * The people of the figures, seen from the side: an adult on the floor, on one knee, on a chair or standing, a baby, and a small child.
 * All face right, the floor is y = 0 and x = 0 is where they are; `at` places and mirrors them.
 * A pose says what the face and the arm do: `{ mouth, tilt, away, arm }`; `{ color, skin, hair, gray, beard, glasses }` say who
 * it is. `skin` is tan, brown or umber, as on the drawings that open a module; somebody looks the same wherever they are drawn.
 * Where a person is one of many there is `face` (a head alone), `sign` (head and shoulders) and `above` (in a floor plan).
 */

import { dot, group, line, path } from "./kit.js";

/** Put a person at a place, facing left when `mirrored`. */
export const at = (x, y, scale, mirrored, person) =>
  group({ transform: `translate(${x} ${y}) scale(${mirrored ? -scale : scale} ${scale})` }, person);

/** Turn a head in profile: `tilt` in degrees (up is negative), `away` to look behind. */
const turned = (x, y, { tilt = 0, away = false }, head) =>
  group({ transform: `translate(${x} ${y})${away ? " scale(-1 1)" : ""} rotate(${tilt})` }, head);

const ADULT_HEAD = "M-14 21C-31 9 -31 -22 -3 -27C15 -28.5 25 -18 23.6 -5C24.4 -1.5 26.6 1.5 28.4 4.2C29.2 6.4 27.6 7.2 25.2 7.6C26 9.4 25.8 11 24.4 12.2C25.6 14 25.2 16 23.6 17.4C23.4 23.6 18 26.2 9 24.6";
const ADULT_HAIR = {
  short: "M-14.5 20C-30.5 9 -30.5 -22.5 -3 -27.6C11 -29.4 22 -21.5 23.8 -10C18 -17 10 -18.5 2 -16.5C0 -10 -1.5 -5.5 -3.5 -2C-10.5 -5.5 -15 -1.5 -13.5 3.5C-12.5 7 -12 14 -14.5 20Z",
  bun: "M-14.5 16C-30.5 9 -30.5 -22.5 -3 -27.6C11 -29.4 22 -21.5 23.8 -10C18 -17 8 -19 0 -15C-6 -11 -9 -4 -13.5 3.5C-14 8 -13 12 -14.5 16ZM-24 4C-38 4 -41 -14 -28 -17Z",
  long: "M-24 36C-30 16 -33 -20 -3 -27.6C11 -29.4 22 -21.5 23.8 -10C18 -17 10 -18.5 2 -16.5C0 -10 -1.5 -5.5 -3.5 -2C-4 8 -8 16 -5 36C-10 41 -19 41 -24 36Z",
};
const BEARD = "M-6 9C-8 20 0 27 9 25.6C18 26.8 23.6 23.8 23.8 17.4C20 19.4 16.6 18.4 14.6 15C9 17 2 15 -.5 7Z";
const ADULT_MOUTHS = {
  rest: "M17 12.8L23.6 12.2",
  smile: "M15 10.4C17 14.4 20.5 15 23.8 12.6",
  open: "M17 11C17 16 20 17.4 23.6 15.6",
};
const ADULT_ARMS = {
  rest: { d: "M6 -100C0 -78 6 -58 24 -52C36 -48 46 -47 56 -46", hand: [60, -45.5] },
  reach: { d: "M8 -100C6 -78 14 -68 34 -66C52 -64 66 -68 80 -73", hand: [85, -75] },
  down: { d: "M6 -99C-2 -78 -4 -58 4 -36", hand: [5.5, -30] },
  offer: { d: "M8 -100C4 -76 16 -60 38 -56C54 -53 66 -52 78 -50", hand: [84, -49] },
  wave: { d: "M8 -100C14 -78 40 -70 54 -88C58 -94 61 -102 63 -110", hand: [64.5, -117] },
};
const TORSO = "M-29 -28C-38 -64 -30 -106 -1 -114C14 -118 32 -111 36 -99C42 -78 37 -56 38 -40C20 -24 -10 -22 -29 -28Z";

const BABY_HEAD = "M-12 23C-32 13 -33 -22 -5 -28.5C15 -32 28 -19 27 -6C26.6 -3 25.6 -.5 26.4 1.4C29.4 3.6 29.6 7.6 26.4 8.4C27 10.4 26.4 12 25 13C25.8 15 25 16.8 23.6 17.6C23 24.6 13 27.6 3 25.6";
const BABY_HAIR = "M-24 3C-30 -14 -18 -29.4 1 -29.2C11 -29 18 -25.6 21.6 -19.4C12 -22.4 3 -20.6 -3 -15.4C-9 -10.4 -13 .4 -24 3Z";
const BABY_MOUTHS = {
  rest: "M18.5 14L24 13.2",
  smile: "M16 12C18 16 21.4 16.2 24.6 13.6",
  open: "M18 12.4C17.6 18 21.6 18.8 24 16",
  sad: "M17.5 16.4C19.6 13.4 22 13 24.4 14",
};
const BABY_ARMS = {
  rest: { d: "M3 -48C4 -38 10 -32 20 -30", hand: [24, -29.4] },
  reach: { d: "M4 -48C12 -46 26 -50 38 -58", hand: [42, -61] },
  up: { d: "M5 -45C18 -40 36 -46 47 -62", hand: [50, -66.6] },
};

/** An arm: a sleeve with an edge, open at the shoulder, and a hand. */
export const limb = ({ d, hand: [x, y] }, size) => [
  path(`f-limb f-limb-edge ${size}`, d),
  path(`f-limb f-limb-sleeve ${size}`, d),
  dot("f-line f-face", x, y, size ? 5.6 : 7.4),
];

/** What somebody wears and their skin, for everything that is drawn of them. */
const looks = ({ color, skin = "brown" }) => `${color} f-${skin}`;

/** An adult's head; with its pose, it looks up, down or behind. */
const adultHead = (x, y, { mouth = "rest", hair = "short", gray = false, beard = false, glasses = false, ...pose }) => {
  const locks = `f-line ${gray ? "f-gray" : "f-dark"}`;
  return turned(x, y, pose, group({ class: "f-ink" },
    path("f-line f-face", ADULT_HEAD), beard && path(locks, BEARD), path(locks, ADULT_HAIR[hair]),
    group({ class: "f-features" }, path("f-line", ADULT_MOUTHS[mouth]), dot("f-solid", 15, -3.5, 2.3), hair === "long" ? null : path("f-line", "M-5.5 -1.5C-11 -4 -13 5 -6 6.5"),
      glasses && [dot("f-line", 16, -3.5, 6.4), line("f-line", 9.6, -4, -6, -5)])));
};

const NECK = path("f-line f-ink f-face", "M4 -132L3 -106L26 -104L23 -126");

/** An adult, sitting with folded legs; `lap` is who sits there, held by the arm. */
export function adult({ color = "f-lagoon", skin, arm = "rest", lap, ...head }) {
  return group(
    { class: looks({ color, skin }) },
    path("f-line f-ink f-blank", "M-30 0C-40 -20 -24 -40 2 -38L54 -42C80 -42 90 -20 74 -9C66 -2 52 0 40 0Z"),
    path("f-line f-ink", "M6 -16C26 -20 44 -18 58 -6"),
    lap && at(74, -30, 0.95, true, lap),
    NECK,
    path("f-person", TORSO),
    adultHead(22, -146, head),
    limb(ADULT_ARMS[arm], ""),
  );
}

/** The upper half of an adult, `y` above where it sits on the floor. */
const raised = (y, { color = "f-lagoon", skin, arm = "rest", ...head }, legs) =>
  group({ class: looks({ color, skin }) }, legs, group({ transform: `translate(0 ${y})` }, NECK, path("f-person", TORSO), adultHead(22, -146, head), limb(ADULT_ARMS[arm], "")));

/** A plain chair to sit on, with its back to the left. */
export const chair = () => path("f-line f-ink", "M-44 0L-38 -56M-38 -120V-56H38L44 0");

/** An adult on a chair; `lap` is who sits there, held by the arm. */
export const sitting = ({ lap, ...who }) => raised(-30, who, [
  path("f-line f-ink f-blank", "M-29 -62C-30 -40 -10 -44 12 -44L40 -46L44 -3C44 0 47 0 51 0L76 0C75 -6 69 -9 63 -11L66 -72C66 -82 56 -86 40 -84Z"),
  lap && at(58, -82, 0.66, true, lap),
]);

/** An adult, standing. */
export const standing = (who) => raised(-62, { arm: "down", ...who },
  path("f-line f-ink f-blank", "M-26 -98L-17 -3C-17 0 -13 0 -9 0L13 0C12 -6 6 -9 1 -11L8 -74L15 -3C15 0 19 0 23 0L45 0C44 -6 38 -9 33 -11L38 -100Z"));

/** An adult on one knee, as low as a small child's face. */
export const kneeling = (who) => raised(-22, who, [
  path("f-line f-ink f-blank", "M-29 -54C-32 -34 -26 -16 -10 -12L-44 -12C-52 -12 -54 -2 -46 0L12 0C24 0 28 -12 22 -24L14 -56Z"),
  path("f-line f-ink f-blank", "M-6 -60L52 -66C64 -66 70 -58 68 -46L62 -10C68 -9 76 -6 78 0L42 0L42 -36L8 -30C-8 -30 -14 -46 -6 -60Z"),
]);

/** A head alone, its middle at the place: an adult's, or a baby's with `{ young: true }`. */
export const face = (x, y, size, { young = false, skin = "brown", ...who }, mirrored = false) =>
  at(x, y, size, mirrored, group({ class: `f-${skin}` }, (young ? babyHead : adultHead)(0, 0, { mouth: "smile", ...who })));

/** Somebody as a sign, head and shoulders from the front, `height` tall on the ground at x. */
export const sign = (className, x, y, height) =>
  group({ transform: `translate(${x} ${y}) scale(${Math.round(height) / 100})` },
    path(className, "M-30 0V-26C-30 -46 -18 -54 0 -54C18 -54 30 -46 30 -26V0Z"), dot(className, 0, -78, 20));

/** Somebody seen from above, facing right; `turn` in degrees, `reach` with the arms out. */
export const above = (x, y, size, { color = "f-lagoon", skin, turn = 0, reach = false }) =>
  group({ class: looks({ color, skin }), transform: `translate(${x} ${y}) rotate(${turn}) scale(${size})` },
    reach && [limb({ d: "M0 -20C10 -24 18 -20 26 -12", hand: [30, -9] }, "f-limb-small"), limb({ d: "M0 20C10 24 18 20 26 12", hand: [30, 9] }, "f-limb-small")],
    path("f-person", "M-12 -16C-12 -30 10 -34 13 -20C15 -10 15 10 13 20C10 34 -12 30 -12 16C-14 6 -14 -6 -12 -16Z"),
    group({ class: "f-ink" }, path("f-line f-face", "M14 -5L20 0L14 5"), dot("f-line f-face", 2, 0, 14), path("f-line f-dark", "M8 -12.6A14 14 0 1 0 8 12.6C2 6 2 -6 8 -12.6Z")));

const babyHead = (x, y, { mouth = "rest", ...pose }) =>
  turned(x, y, pose, group({ class: "f-ink" }, path("f-line f-face", BABY_HEAD), path("f-line f-dark", BABY_HAIR),
    group({ class: "f-features" }, path("f-line", BABY_MOUTHS[mouth]), dot("f-solid", 17, -.5, 2.5), path("f-line", "M-4 1C-9 -1 -11 7 -4.5 8.4"))));

/** A baby, sitting with legs out in front. */
export function baby({ skin, mouth = "rest", arm = "rest", ...pose }) {
  return group(
    { class: looks({ color: "f-clay", skin }) },
    path("f-person", "M-22 -2C-31 -32 -22 -62 2 -64C19 -64 26 -46 26 -24L48 -23C54 -32 66 -29 66 -16C66 -4 60 0 52 0L-14 0C-18 0 -21 -1 -22 -2Z"),
    path("f-line f-ink", "M26 -24C20 -24 14 -21 10 -17"),
    babyHead(7, -86, { mouth, ...pose }),
    limb(BABY_ARMS[arm], "f-limb-small"),
  );
}

const TODDLER_ARMS = {
  rest: { d: "M4 -74C0 -62 4 -50 10 -42", hand: [12.4, -37.6] },
  hold: { d: "M4 -74C6 -60 14 -54 26 -54", hand: [30, -54] },
  reach: { d: "M6 -74C14 -72 26 -78 38 -86", hand: [42, -89] },
  up: { d: "M6 -76C16 -68 34 -74 47 -88", hand: [51, -92] },
};

/** A small child, standing. */
export const toddler = ({ color = "f-clay", skin, arm = "rest", ...pose }) =>
  group({ class: looks({ color, skin }) },
    path("f-line f-ink f-blank", "M-14 -36L-24 -7C-25 0 -20 0 -16 0L-3 0C-3 -6 -9 -8 -12 -9L2 -36Z"),
    path("f-line f-ink f-blank", "M2 -36L16 -7C16 0 20 0 24 0L37 0C36 -6 30 -8 27 -9L23 -38Z"),
    path("f-person", "M-20 -32C-26 -58 -20 -88 4 -90C20 -90 27 -72 26 -52L28 -33C12 -27 -8 -26 -20 -32Z"),
    babyHead(7, -112, pose),
    limb(TODDLER_ARMS[arm], "f-limb-small"));
