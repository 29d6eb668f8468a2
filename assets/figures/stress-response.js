/** One alarm, two ways down: with an adult who helps, and alone. */

import { pane } from "./house.js";
import { choice, group, line, lines, live, path, smooth, stamp, words } from "./kit.js";
import { adult, at, baby } from "./people.js";

/** How hard the system works (0 to 1) along the time shown (0 to 1). Drawn, not measured. */
const CALM = 0.05;
const ALARM = 0.14;
const since = (time) => Math.max(0, time - ALARM);
const helpedWork = (time) => CALM + 0.69 * (since(time) / 0.18) ** 2 * Math.exp(2 - since(time) / 0.09);
const aloneWork = (time) => CALM + 1.05 * (1 - Math.exp(-((since(time) / 0.1) ** 2))) * Math.exp(-0.95 * since(time));
const TIMES = [0, ALARM, ...Array.from({ length: 22 }, (_, i) => ALARM + 0.86 * ((i + 1) / 22) ** 1.5)];

const SAYS = {
  helped: "With an adult who helps: the alarm sets the system working, and it comes back down soon. The rise is the system doing its job; the adult helps with the way down.",
  alone: "Alone: the same alarm, but the system climbs further and stays up much longer. What differs is not the alarm. It is who comes, and how soon things settle.",
};

const WIDE = {
  width: 680, height: 300, left: 234, right: 672, top: 44, bottom: 272,
  room: { floor: 272, window: [24, 44, 74, 74], size: 0.98, adult: 128, baby: 88, line: [8, 200] },
  help: [0.53, 0.5], alone: [0.74, 0.82],
};
const NARROW = {
  width: 300, height: 384, left: 6, right: 294, top: 188, bottom: 356,
  room: { floor: 150, window: [42, 22, 62, 62], size: 0.84, adult: 184, baby: 150, line: [20, 280] },
  help: [0.56, 0.47], alone: [0.74, 0.8],
};

function room({ floor, window, size, adult: adultX, baby: babyX, line: [from, to] }, helped) {
  const fade = (on) => ({ class: `f-fade${on ? "" : " f-off"}` });
  return [
    pane(...window, helped),
    group(fade(helped), at(adultX, floor, size, true, adult({ skin: "tan", mouth: "smile", arm: "reach", tilt: 12, lap: baby({ skin: "tan", arm: "reach" }) }))),
    group(fade(!helped), at(babyX, floor, size, false, baby({ skin: "tan", mouth: "sad", arm: "up" }))),
    line("f-line f-hair f-soft", from, floor, to, floor),
  ];
}

function curves({ left, right, top, bottom, help, alone }, helped) {
  const place = ([time, work]) => [left + time * (right - left), bottom - work * (bottom - top)];
  const way = (work) => smooth(TIMES.map((time) => place([time, work(time)])));
  const [helpedWay, aloneWay] = [way(helpedWork), way(aloneWork)];
  const calm = place([0, CALM])[1];
  const [alarm] = place([ALARM, 0]);
  const area = (edge) => `${edge}V${bottom}H${left}Z`;
  const name = (on) => `f-fade${on ? " f-name" : ""}`;
  return [
    line("f-line f-hair f-soft", left, bottom, right, bottom),
    line("f-line f-hair f-soft f-dash", left, calm, right, calm),
    line("f-line f-sun", alarm, bottom, alarm, top - 22),
    words("", alarm + 8, top - 10, "a loud alarm"),
    group({ class: `f-lagoon f-fade${helped ? "" : " f-off"}` }, path("f-tint", area(helpedWay))),
    group({ class: `f-clay f-fade${helped ? " f-off" : ""}` }, path("f-tint", area(aloneWay))),
    path(`f-line f-clay f-dash ${helped ? "" : "f-strong"}`, aloneWay),
    path(`f-line f-lagoon ${helped ? "f-strong" : ""}`, helpedWay),
    lines(`f-lagoon ${name(helped)}`, ...place(help), 18, ["with an adult", "who helps"]),
    words(`f-clay ${name(!helped)}`, ...place(alone), "alone"),
    words("f-soft", left, bottom + 21, "calm"),
    words("f-soft f-end", right, bottom + 21, "minutes, then more minutes"),
  ];
}

export const picture = {
  start: { adult: "helped" },
  label: ({ adult: who }) =>
    `Schematic of a stress response over time, drawn twice. ${SAYS[who]}`,
  say: ({ adult: who }) => SAYS[who],
  draw({ adult: who }, wide) {
    const place = wide ? WIDE : NARROW;
    const helped = who === "helped";
    return {
      ...place,
      shapes: [room(place.room, helped), curves(place, helped), stamp(place.right - 88, wide ? 2 : place.top - 32)],
    };
  },
  controls: [
    choice({
      key: "adult", label: "Who is there",
      options: [{ value: "helped", text: "With an adult who helps" }, { value: "alone", text: "Alone" }],
    }),
  ],
};

export default live(picture);
