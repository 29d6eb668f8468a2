/**
 * The people of the figures: an adult and a baby sitting on a floor, seen from the side.
 * Both face right, the floor is y = 0 and x = 0 is where they sit; `at` places and mirrors them.
 * A pose says what the face and the arm do: `{ mouth, tilt, away, arm }`.
 */

import { dot, group, path } from "./kit.js";

/** Put a person at a place, facing left when `mirrored`. */
export const at = (x, y, scale, mirrored, person) =>
  group({ transform: `translate(${x} ${y}) scale(${mirrored ? -scale : scale} ${scale})` }, person);

/** Turn a head in profile: `tilt` in degrees (up is negative), `away` to look behind. */
const turned = (x, y, { tilt = 0, away = false }, head) =>
  group({ transform: `translate(${x} ${y})${away ? " scale(-1 1)" : ""} rotate(${tilt})` }, head);

const ADULT_HEAD = "M-14 21C-31 9 -31 -22 -3 -27C15 -28.5 25 -18 23.6 -5C24.4 -1.5 26.6 1.5 28.4 4.2C29.2 6.4 27.6 7.2 25.2 7.6C26 9.4 25.8 11 24.4 12.2C25.6 14 25.2 16 23.6 17.4C23.4 23.6 18 26.2 9 24.6";
const ADULT_HAIR = "M-14.5 20C-30.5 9 -30.5 -22.5 -3 -27.6C11 -29.4 22 -21.5 23.8 -10C18 -17 10 -18.5 2 -16.5C0 -10 -1.5 -5.5 -3.5 -2C-10.5 -5.5 -15 -1.5 -13.5 3.5C-12.5 7 -12 14 -14.5 20Z";
const ADULT_MOUTHS = {
  rest: "M17 12.8L23.6 12.2",
  smile: "M15 10.4C17 14.4 20.5 15 23.8 12.6",
  open: "M17 11C17 16 20 17.4 23.6 15.6",
};
const ADULT_ARMS = {
  rest: { d: "M6 -100C0 -78 6 -58 24 -52C36 -48 46 -47 56 -46", hand: [60, -45.5] },
  reach: { d: "M8 -100C6 -78 14 -68 34 -66C52 -64 66 -68 80 -73", hand: [85, -75] },
};

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
const limb = ({ d, hand: [x, y] }, size) => [
  path(`f-limb f-limb-edge ${size}`, d),
  path(`f-limb f-limb-sleeve ${size}`, d),
  dot("f-line f-skin", x, y, size ? 5.6 : 7.4),
];

/** An adult, sitting with folded legs; `lap` is who sits there, held by the arm. */
export function adult({ mouth = "rest", arm = "rest", lap, ...pose }) {
  return group(
    { class: "f-lagoon" },
    path("f-line f-ink f-blank", "M-30 0C-40 -20 -24 -40 2 -38L54 -42C80 -42 90 -20 74 -9C66 -2 52 0 40 0Z"),
    path("f-line f-ink", "M6 -16C26 -20 44 -18 58 -6"),
    lap && at(74, -30, 0.95, true, lap),
    path("f-line f-ink f-skin", "M4 -132L3 -106L26 -104L23 -126"),
    path("f-person", "M-29 -28C-38 -64 -30 -106 -1 -114C14 -118 32 -111 36 -99C42 -78 37 -56 38 -40C20 -24 -10 -22 -29 -28Z"),
    turned(22, -146, pose, group({ class: "f-ink" }, path("f-line f-skin", ADULT_HEAD), path("f-line f-dark", ADULT_HAIR),
      path("f-line", ADULT_MOUTHS[mouth]), dot("f-solid", 15, -3.5, 2.3), path("f-line", "M-5.5 -1.5C-11 -4 -13 5 -6 6.5"))),
    limb(ADULT_ARMS[arm], ""),
  );
}

/** A baby, sitting with legs out in front. */
export function baby({ mouth = "rest", arm = "rest", ...pose }) {
  return group(
    { class: "f-clay" },
    path("f-person", "M-22 -2C-31 -32 -22 -62 2 -64C19 -64 26 -46 26 -24L48 -23C54 -32 66 -29 66 -16C66 -4 60 0 52 0L-14 0C-18 0 -21 -1 -22 -2Z"),
    path("f-line f-ink", "M26 -24C20 -24 14 -21 10 -17"),
    turned(7, -86, pose, group({ class: "f-ink" }, path("f-line f-skin", BABY_HEAD), path("f-line f-dark", BABY_HAIR),
      path("f-line", BABY_MOUTHS[mouth]), dot("f-solid", 17, -.5, 2.5), path("f-line", "M-4 1C-9 -1 -11 7 -4.5 8.4"))),
    limb(BABY_ARMS[arm], "f-limb-small"),
  );
}
