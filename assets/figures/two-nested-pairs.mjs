/** Three pairs, one inside the other: supervisor and worker, worker and parent, parent and child. An idea. */

import { group, line, lines, path, stamp, words } from "./kit.js";
import { adult, at, baby, chair, sitting } from "./people.js";

const SUPERVISOR = { color: "f-leaf", beard: true };
const WORKER = { color: "f-plum", skin: "tan", hair: "bun", glasses: true };
const PARENT = { color: "f-lagoon", skin: "umber", hair: "long" };

/** A house front without its ground. */
const front = (left, right, floor, wall, peak) => path("f-line f-skin", `M${left} ${floor}V${wall}L${(left + right) / 2} ${peak}L${right} ${wall}V${floor}`);

const seat = (x, floor, size, mirrored, who) => [at(x, floor, size, mirrored, chair()), at(x, floor, size, mirrored, sitting(who))];

/** Two dashed arrows between two pairs, there and back. */
function echo(x, y, half, turned) {
  return group({ transform: `translate(${x} ${y})${turned ? " rotate(90)" : ""}` },
    path("f-line f-dash", `M${-half} -9H${half - 1}`), path("f-line", `M${half - 8} -15L${half} -9L${half - 8} -3`),
    path("f-line f-dash", `M${half} 9H${1 - half}`), path("f-line", `M${8 - half} 3L${-half} 9L${8 - half} 15`));
}

function wide() {
  const floor = 262;
  return {
    width: 680,
    height: 400,
    shapes: [
      front(2, 678, floor, 82, 18), front(244, 666, floor, 116, 74), front(470, 654, floor, 148, 118),
      line("f-line", 0, floor, 680, floor),
      seat(66, floor, 0.54, false, SUPERVISOR), seat(178, floor, 0.54, true, WORKER),
      seat(300, floor, 0.54, false, { ...WORKER, mouth: "open" }), seat(412, floor, 0.54, true, PARENT),
      at(522, floor, 0.54, false, adult({ ...PARENT, mouth: "smile", arm: "reach", tilt: 6 })),
      at(622, floor, 0.54, true, baby({ skin: "umber", mouth: "smile", arm: "reach", tilt: -8 })),
      echo(240, 140, 28), echo(466, 172, 28),
      [["supervisor", 66, "f-leaf"], ["worker", 178, "f-plum"], ["worker", 300, "f-plum"], ["parent", 412, "f-lagoon"], ["parent", 532, "f-lagoon"], ["child", 620, "f-clay"]].map(
        ([who, x, color]) => words(`f-middle f-name ${color}`, x, floor + 22, who)),
      stamp(0, 6),
      words("f-name", 0, 326, "An idea, seen in one small study and disputed."),
      lines("", 0, 348, 20, [
        "In 17 trios of client, therapist and supervisor, patterns did echo from one pair to the other.",
        "A critic asks when a parallel is only a coincidence.",
        "Parents and their children were not part of that study.",
      ]),
    ],
  };
}

function narrow() {
  const [size, floors] = [0.54, [156, 336, 506]];
  return {
    width: 300,
    height: 716,
    shapes: [
      front(1, 299, 562, 56, 30), front(12, 288, 551, 226, 200), front(23, 277, 540, 396, 370),
      path("f-line", "M1 562H299M12 551H288M23 540H277"),
      seat(84, floors[0], size, false, SUPERVISOR), seat(216, floors[0], size, true, WORKER),
      seat(84, floors[1], size, false, { ...WORKER, mouth: "open" }), seat(216, floors[1], size, true, PARENT),
      at(90, floors[2], size, false, adult({ ...PARENT, mouth: "smile", arm: "reach", tilt: 6 })),
      at(200, floors[2], size, true, baby({ skin: "umber", mouth: "smile", arm: "reach", tilt: -8 })),
      [[0, "supervisor", "worker", "f-leaf", "f-plum"], [1, "worker", "parent", "f-plum", "f-lagoon"], [2, "parent", "child", "f-lagoon", "f-clay"]].map(
        ([i, one, other, color, otherColor]) => [
          line("f-line f-hair f-soft", 48, floors[i], 252, floors[i]),
          words(`f-middle f-name ${color}`, 86, floors[i] + 20, one),
          words(`f-middle f-name ${otherColor}`, 212, floors[i] + 20, other),
        ]),
      echo(150, 194, 22, true), echo(150, 372, 22, true),
      stamp(0, 2),
      lines("f-name", 0, 592, 18, ["An idea, seen in one small study", "and disputed."]),
      lines("", 0, 632, 19, ["In 17 trios of client, therapist and", "supervisor, patterns did echo. A critic asks", "when a parallel is only a coincidence.", "Parents and their children were not part", "of that study."]),
    ],
  };
}

export const picture = {
  label: () =>
    "Schematic. Three pairs, each in a house that stands inside the one before: a supervisor and a worker, the same worker and a parent, the same parent and a child. Dashed arrows run both ways between one pair and the next. Written below: an idea, seen in one small study of 17 trios of client, therapist and supervisor, and disputed; a critic asks when a parallel is only a coincidence, and parents and their children were not part of that study.",
  draw: (_, isWide) => (isWide ? wide() : narrow()),
};
