/** A family's week as hours with people in them: what loads take out, what supports put in, and no sum. */

import { box, group, line, lines, live, moves, stamp, words } from "./kit.js";
import { face } from "./people.js";

const WHO = {
  M: { name: "mother", looks: { skin: "umber", hair: "long" }, className: "f-lagoon" },
  G: { name: "grandmother", looks: { skin: "umber", hair: "bun", gray: true, glasses: true }, className: "f-plum" },
  U: { name: "uncle", looks: { skin: "umber", beard: true }, className: "f-leaf" },
  N: { name: "neighbor", looks: { skin: "tan", glasses: true }, className: "f-leaf" },
  T: { name: "teacher", looks: { hair: "bun" }, className: "f-ink" },
};
const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/** An invented week before anything is ticked: who is there at each hour; a hyphen for nobody yet, a dot where nobody is needed. */
export const HOURS = [
  { name: "wakes her", short: ["wakes", "her"], cells: "MMMMMMM" },
  { name: "on the way", short: ["on the", "way"], cells: "MMMMM.." },
  { name: "by day", short: ["by day"], cells: "TTTTTGM" },
  { name: "at four", short: ["at four"], cells: "-G-G--M" },
  { name: "supper", short: ["supper"], cells: "MMMMM-M" },
  { name: "to bed", short: ["to bed"], cells: "MMMMMGM" },
];

/** What a load takes out, as `who: row and days`; days count from Monday, 0. */
const LOADS = [
  { key: "nights", text: "Night shifts", out: [["M", 5, [1, 2, 3]], ["M", 0, [2, 3, 4]], ["M", 1, [2, 3, 4]]],
    say: "Night shifts take her mother out of three bedtimes and the mornings after." },
  { key: "moved", text: "A moved home", out: [["T", 2, [4]], ["G", 3, [3]], ["M", 4, [0, 1]]],
    say: "The move takes out a day with her teacher, an afternoon with her grandmother and two suppers." },
  { key: "ill", text: "Grandmother ill", out: [["G", 3, [1, 3]], ["G", 2, [5]], ["G", 5, [5]], ["M", 2, [6]]],
    say: "Her grandmother's illness takes her out of the week, and her mother on Sunday." },
];
/** What a support puts in, where nobody else is; `first` when it takes somebody's place. */
const SUPPORTS = [
  { key: "uncle", text: "An uncle at four", puts: [["U", 3, [0, 1, 2, 3, 4]]],
    say: "An uncle comes at four on weekdays when nobody else can." },
  { key: "lift", text: "A neighbor's lift", puts: [["N", 1, [2, 3, 4], true], ["M", 4, [0, 1]]],
    say: "A neighbor drives on three mornings, and her mother home by supper." },
  { key: "rent", text: "Rent paid", puts: [["M", 3, [5]], ["M", 4, [5]], ["M", 5, [5]]],
    say: "With the rent paid, her mother is there on Saturday evening." },
];

/** Who is in each hour with what is ticked: `{ who, from }`, where `from` is "kept", "open", "taken" or "put". */
export function week(ticked) {
  const cells = HOURS.map((hour) => [...hour.cells].map((who) => ({ who, from: who === "-" ? "open" : "kept" })));
  const on = (list) => list.filter(({ key }) => ticked[key]);
  for (const [who, row, days] of on(LOADS).flatMap(({ out }) => out))
    for (const day of days) if (cells[row][day].who === who) cells[row][day] = { who: "-", from: "taken" };
  for (const [who, row, days, first] of on(SUPPORTS).flatMap(({ puts }) => puts))
    for (const day of days) if (first || cells[row][day].who === "-") cells[row][day] = { who, from: "put" };
  return cells;
}

const WIDE = { width: 680, height: 424, left: 104, top: 96, column: 82, row: 46, size: 0.5, foot: 400 };
const NARROW = { width: 300, height: 482, left: 56, top: 152, column: 34.8, row: 42, size: 0.34, foot: 434, narrow: true };

function cell({ who, from }, x, y, { column, row, size }) {
  if (who === ".") return line("f-line f-hair f-soft", x - 5, y, x + 5, y);
  const [width, height] = [column - 5, row - 5];
  const [left, top] = [x - width / 2, y - height / 2];
  if (who === "-") return box(`f-line f-dash ${from === "taken" ? "f-clay f-strong" : "f-soft"}`, left, top, width, height, 4);
  const { looks, className } = WHO[who];
  return [
    box(`${className} f-tint`, left, top, width, height, 4),
    from === "put" && box("f-line f-strong f-leaf", left, top, width, height, 4),
    face(x, y + 1, size, looks),
  ];
}

function table(cells, place) {
  const { left, top, column, row, narrow } = place;
  const middle = (i) => left + (i + 0.5) * column;
  return [
    DAYS.map((day, i) => words(`f-middle ${i > 4 ? "f-name" : ""}`, middle(i), top - 10, narrow ? day.slice(0, 2) : day)),
    HOURS.map(({ name, short }, r) => {
      const y = top + (r + 0.5) * row;
      const text = narrow ? short : [name];
      return [
        lines("", 0, y + 5 - (text.length - 1) * 8.5, 17, text),
        cells[r].map((each, i) => group({}, cell(each, middle(i), y, place))),
      ];
    }),
  ];
}

function key({ narrow }) {
  const places = narrow ? [[16, 50], [124, 50], [16, 86], [98, 86], [202, 86]] : [[16, 34], [122, 34], [262, 34], [348, 34], [464, 34]];
  return Object.values(WHO).map(({ name, looks, className }, i) => {
    const [x, y] = places[i];
    return [box(`${className} f-tint`, x - 15, y - 15, 30, 30, 4), face(x, y + 1, 0.38, looks), words("", x + 21, y + 5, name)];
  });
}

/** How the frames are read, and what the drawing leaves out on purpose. */
function reading({ foot, narrow }) {
  const signs = [["f-line f-strong f-leaf f-tint", "put in"], ["f-line f-strong f-dash f-clay", "taken out"], ["f-line f-dash f-soft", narrow ? "open" : "open: nobody yet"]];
  const xs = narrow ? [1, 88, 202] : [1, 104, 232];
  return [
    signs.map(([className, text], i) => [box(className, xs[i], foot - 13, 20, 16, 4), words("", xs[i] + 27, foot, text)]),
    words(`f-name ${narrow ? "" : "f-end"}`, narrow ? 0 : 678, narrow ? foot + 30 : foot, "No sum, no score, no forecast."),
  ];
}

function say(ticked) {
  const told = [...LOADS, ...SUPPORTS].filter(({ key: each }) => ticked[each]).map((each) => each.say);
  const open = week(ticked).flatMap((row, r) => row.flatMap(({ who }, day) => (who === "-" ? [[HOURS[r].name, DAYS[day]]] : [])));
  const hours = HOURS.map(({ name }) => [name, open.filter(([each]) => each === name).map(([, day]) => day)]).filter(([, days]) => days.length);
  const still = hours.length ? ` Nobody yet: ${hours.map(([name, days]) => `${name} ${days.join(", ")}`).join("; ")}.` : " No hour is open just now.";
  return `${told.join(" ") || "An invented week with nothing ticked."}${still}`;
}

const tick = ({ key: each, text }) => ({ text, next: (ticked) => ({ [each]: !ticked[each] }), pressed: (ticked) => ticked[each] });

export const picture = {
  start: { nights: true, moved: false, ill: false, uncle: true, lift: false, rent: false },
  label: (ticked) => `Schematic. An invented family's week, Monday to Sunday, as hours with faces in them. Supports put people into hours, loads take people out, and there is no sum, no score and no forecast. ${say(ticked)}`,
  say,
  draw(ticked, wide) {
    const place = wide ? WIDE : NARROW;
    return {
      ...place,
      shapes: [stamp(wide ? 591 : 0, 2), key(place), group({}, table(week(ticked), place)), reading(place)],
    };
  },
  controls: [
    moves({ label: "What weighs on this week", titled: true, buttons: LOADS.map(tick) }),
    moves({ label: "What comes to its help", titled: true, buttons: SUPPORTS.map(tick) }),
  ],
};

export default live(picture);
