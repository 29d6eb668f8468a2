/** The Bucharest trial: who was assigned to what by chance, and what was left to life. */

import { block, home } from "./house.js";
import { dot, line, lines, path, words } from "./kit.js";

/** An arrow down from one place to another, rounding its corner. */
const down = (className, x1, y1, x2, y2) => {
  const bend = Math.sign(x2 - x1) * Math.min(16, Math.abs(x2 - x1));
  return [
    path(className, bend ? `M${x1} ${y1}H${x2 - bend}Q${x2} ${y1} ${x2} ${y1 + 16}V${y2}` : `M${x1} ${y1}V${y2}`),
    path("f-line f-lagoon", `M${x2 - 6} ${y2 - 8}L${x2} ${y2}L${x2 + 6} ${y2 - 8}`),
  ];
};

/** A coin, seen a little from the side: chance. */
const coin = (x, y) => [
  path("f-line f-sun f-solid", `M${x - 15} ${y}V${y + 5}A15 15 0 0 0 ${x + 15} ${y + 5}V${y}Z`),
  dot("f-line f-sun f-solid", x, y, 15),
  dot("f-line", x, y, 15),
  dot("f-line f-hair", x, y, 10),
  path("f-line", `M${x - 15} ${y}V${y + 5}A15 15 0 0 0 ${x + 15} ${y + 5}V${y}`),
];

/** Age at the start, 6 to 31 months: a ruler, not a lottery. */
function ages(x, y, width) {
  const month = (months) => x + ((months - 6) / 25) * width;
  return [
    line("f-line f-strong f-clay", x, y, x + width, y),
    [6, 12, 18, 24, 31].map((months) => [
      line("f-line f-clay", month(months), y - 6, month(months), y + 6),
      words("f-middle", month(months), y + 24, months),
    ]),
  ];
}

function wide() {
  return {
    width: 680,
    height: 498,
    shapes: [
      block(86, 84, 132, 78),
      words("f-big", 170, 34, "136 children"),
      lines("", 170, 56, 19, ["aged 6 to 31 months, in", "institutions in Bucharest"]),
      line("f-line f-lagoon", 222, 92, 222, 110),
      coin(222, 128),
      words("f-name f-lagoon", 248, 116, "chance decided"),
      down("f-line f-lagoon", 203, 132, 98, 190),
      down("f-line f-lagoon", 241, 132, 346, 194),
      home(98, 272, 72),
      words("f-big f-middle", 98, 302, "68"),
      words("f-name f-middle", 98, 323, "to foster care"),
      block(346, 272, 110, 66),
      words("f-big f-middle", 346, 302, "68"),
      words("f-name f-middle", 346, 323, "to care as usual"),
      words("f-soft f-middle", 346, 343, "(the institution)"),
      line("f-line f-soft f-dash", 462, 8, 462, 350),
      words("f-name", 482, 34, "Not assigned"),
      lines("", 482, 56, 19, ["Children who had never", "lived in an institution,", "to compare with"]),
      home(520, 272, 56, "f-line f-skin f-dash"),
      home(590, 272, 56, "f-line f-skin f-dash"),
      line("f-line f-hair f-soft", 0, 272, 680, 272),
      line("f-line f-hair f-soft", 0, 368, 680, 368),
      words("f-name f-lagoon", 0, 398, "What chance decided"),
      lines("", 0, 420, 20, ["Foster family or institution.", "So a difference between the", "two groups comes from that."]),
      words("f-name f-clay", 300, 398, "What chance did not decide"),
      lines("", 300, 420, 20, ["How long a placement lasted.", "Age at placement, in months:"]),
      ages(308, 466, 352),
    ],
  };
}

function narrow() {
  return {
    width: 300,
    height: 662,
    shapes: [
      block(52, 82, 100, 76),
      words("f-big", 116, 26, "136 children"),
      lines("", 116, 47, 18, ["aged 6 to 31 months,", "in institutions", "in Bucharest"]),
      line("f-line f-lagoon", 150, 96, 150, 112),
      coin(150, 130),
      words("f-name f-lagoon", 174, 116, "chance decided"),
      down("f-line f-lagoon", 132, 134, 70, 180),
      down("f-line f-lagoon", 168, 134, 226, 180),
      home(70, 254, 64),
      block(226, 254, 100, 62),
      line("f-line f-hair f-soft", 0, 254, 300, 254),
      words("f-big f-middle", 70, 282, "68"),
      words("f-name f-middle", 70, 301, "to foster care"),
      words("f-big f-middle", 226, 282, "68"),
      words("f-name f-middle", 226, 301, "to care as usual"),
      words("f-soft f-middle", 226, 319, "(the institution)"),
      line("f-line f-soft f-dash", 0, 340, 300, 340),
      home(28, 406, 44, "f-line f-skin f-dash"),
      home(80, 406, 44, "f-line f-skin f-dash"),
      words("f-name", 116, 368, "Not assigned"),
      lines("", 116, 387, 18, ["Children never in an", "institution, to compare"]),
      line("f-line f-hair f-soft", 0, 428, 300, 428),
      words("f-name f-lagoon", 0, 456, "What chance decided"),
      lines("", 0, 477, 19, ["Foster family or institution. So a", "difference between the two", "groups comes from that."]),
      words("f-name f-clay", 0, 556, "What chance did not decide"),
      lines("", 0, 577, 19, ["How long a placement lasted.", "Age at placement, in months:"]),
      ages(10, 630, 278),
    ],
  };
}

export const picture = {
  label: () =>
    "How the Bucharest trial was set up. 136 children aged 6 to 31 months, living in institutions, were assigned by chance: 68 to foster care, 68 to care as usual in the institution. Children who had never lived in an institution were compared but not assigned. Chance decided family or institution; it did not decide the age at which a child was placed, nor how long a placement lasted.",
  draw: (_, isWide) => (isWide ? wide() : narrow()),
};
