/**
 * How sure a learner said they were, held against how often they were right. The portal
 * counts in `calibration.py`; `counted` is the same rule for a page without one.
 */
import { fill, h } from "./item.js";

export const STRINGS = {
  title: "How sure, and how often right",
  caption: "Each storey shows ten windows; as many are lit as answers out of ten were right. An answer counts when it was the first to its question, or came a day or more after the one before.",
  level: "You said",
  right: "Right",
  picture: "Picture",
  levels: ["Guessing", "Fairly sure", "Sure"],
  of: "{right} of {n}",
  none: "no answers yet",
  over: "Where you were sure, {wrong} of {n} answers had a surprise in them. That is no fault: what surprises us while we feel sure is often what stays.",
  under: "Of your guesses, {right} of {n} were right. You know more than you give yourself credit for.",
  good: "How sure you feel and how often you are right go together well.",
};

const ENOUGH = 5;
const A_FEW = 3;
const FULL = 1 - 1e-9;
const DAY = 86_400_000;

/** Count fresh answers by how sure they were given. */
export function counted(events) {
  const rows = [1, 2, 3].map((confidence) => ({ confidence, n: 0, right: 0 }));
  const last = new Map();
  for (const { item, at, score, confidence } of [...events].sort((a, b) => Date.parse(a.at) - Date.parse(b.at))) {
    const before = last.get(item);
    last.set(item, Date.parse(at));
    const row = rows[confidence - 1];
    if (!row || typeof score !== "number" || Date.parse(at) - before < DAY) continue;
    row.n += 1;
    if (score >= FULL) row.right += 1;
  }
  return rows;
}

/** One storey: ten windows, lit from the left. */
function storey(share) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const draw = (kind, d) => {
    const path = document.createElementNS(svg.namespaceURI, "path");
    path.setAttribute("class", kind);
    path.setAttribute("d", d);
    svg.append(path);
  };
  svg.setAttribute("viewBox", "0 0 224 34");
  svg.setAttribute("class", "gw-storey");
  svg.setAttribute("aria-hidden", "true");
  for (let i = 0; i < 10; i += 1) {
    const lit = share !== null && i < Math.round(share * 10);
    const frame = `M${6 + i * 22} 6h14v22h-14z`;
    draw(lit ? "gw-h-light" : "gw-h-none", frame);
    draw(lit ? "gw-h-line" : "gw-h-plan", lit ? `${frame}m7 0v22m-7-11h14` : frame);
  }
  return svg;
}

/** The kind word that fits best. */
function word(rows) {
  const [guess, , sure] = rows;
  if (sure.n >= A_FEW && sure.right / sure.n < 0.7) return fill(STRINGS.over, { n: sure.n, wrong: sure.n - sure.right });
  if (guess.n >= A_FEW && guess.right / guess.n > 0.7) return fill(STRINGS.under, guess);
  return STRINGS.good;
}

/** The picture as a table, the surest on top; null while there is too little to show. */
export function calibration(rows) {
  if (rows.reduce((sum, { n }) => sum + n, 0) < ENOUGH) return null;
  const head = [STRINGS.level, STRINGS.right, STRINGS.picture].map((text) => h("th", { scope: "col" }, text));
  return h("section", { class: "gw-calibration" }, h("h2", {}, STRINGS.title), h("p", {}, word(rows)),
    h("table", { class: "gw-measures" }, h("caption", {}, STRINGS.caption), h("thead", {}, h("tr", {}, head)),
      h("tbody", {}, [...rows].reverse().map(({ confidence, n, right }) => h("tr", {},
        h("th", { scope: "row" }, STRINGS.levels[confidence - 1]),
        h("td", {}, n ? fill(STRINGS.of, { n, right }) : STRINGS.none),
        h("td", {}, storey(n ? right / n : null)))))));
}
