/**
 * Scoring in the browser: the rules of `scoring.py`, for pages without a server.
 * `tests/cases/scoring.json` holds both to the same answers.
 */

const PROBLEMS = {
  option: "the answer is not the id of an option",
  list: "the answer is not a list of ids",
  map: "the answer is not a map from id to id",
  number: "the answer is not a number",
  finite: "the answer is not a finite number",
  unknown: "unknown id {id}",
  twice: "the id {id} stands twice",
  long: "the answer names {given} ids; there are {known}",
};

/**
 * Score an answer by the rule of the item's type; no answer earns 0.
 * What does not fit earns 0 and is named, never thrown: storage may hold anything.
 *
 * @param {object} item an item with its `key`
 * @param {unknown} answer
 * @returns {{score: number, problems: string[], parts: Record<string, boolean>}}
 */
export function score(item, answer) {
  if (answer === null || answer === undefined) return result(0);
  const { key } = item;
  switch (item.type) {
    case "single":
      return single(ids(item.options), key.correct, answer);
    case "multiple":
      return picked(ids(item.options), key.correct, answer);
    case "mark":
      return picked(ids(item.passage.filter((s) => typeof s !== "string")), key.correct, answer);
    case "match":
      return mapped(key.pairs, ids(item.right), answer);
    case "sort":
      return mapped(key.category, ids(item.categories), answer);
    case "order":
      return ordered(key.order, answer);
    case "estimate":
      return estimated(key, answer);
    default:
      return result(0);
  }
}

const ids = (parts) => parts.map((part) => part.id);

const result = (points, parts = {}) => ({ score: points, problems: [], parts });

function refused(problem, words = {}) {
  const sentence = problem.replace(/\{(\w+)\}/g, (_, name) => short(words[name]));
  return { score: 0, problems: [sentence], parts: {} };
}

function short(value) {
  const text = typeof value === "number" ? String(value) : JSON.stringify(value) ?? String(value);
  return text.length > 40 ? `${text.slice(0, 37)}...` : text;
}

function single(known, correct, answer) {
  if (typeof answer !== "string") return refused(PROBLEMS.option);
  if (!known.includes(answer)) return refused(PROBLEMS.unknown, { id: answer });
  const right = correct.includes(answer);
  return result(right ? 1 : 0, { [answer]: right });
}

function picked(known, correct, answer) {
  const problem = listProblem(known, answer);
  if (problem) return problem;
  const parts = Object.fromEntries(answer.map((id) => [id, correct.includes(id)]));
  const hits = answer.reduce((sum, id) => sum + (parts[id] ? 1 : -1), 0);
  return result(Math.max(0, hits / correct.length), parts);
}

function mapped(wanted, targets, answer) {
  if (typeof answer !== "object" || Array.isArray(answer)) return refused(PROBLEMS.map);
  const given = Object.entries(answer);
  const key = given.find(([id]) => !Object.hasOwn(wanted, id));
  if (key) return refused(PROBLEMS.unknown, { id: key[0] });
  const value = given.find(([, id]) => !targets.includes(id));
  if (value) return refused(PROBLEMS.unknown, { id: value[1] });
  const parts = Object.fromEntries(given.map(([id, target]) => [id, target === wanted[id]]));
  return result(count(parts) / Object.keys(wanted).length, parts);
}

function ordered(wanted, answer) {
  const problem = listProblem(wanted, answer);
  if (problem) return problem;
  const run = new Set(longestRun(answer.map((id) => wanted.indexOf(id))));
  const parts = Object.fromEntries(answer.map((id) => [id, run.has(wanted.indexOf(id))]));
  return result(Math.max(0, (run.size - 1) / (wanted.length - 1)), parts);
}

function estimated(key, answer) {
  if (typeof answer !== "number") return refused(PROBLEMS.number);
  if (!Number.isFinite(answer)) return refused(PROBLEMS.finite);
  const off = Math.abs(answer - key.value);
  if (off <= key.tolerance) return result(1);
  return result(Math.max(0, (key.zero_at - off) / (key.zero_at - key.tolerance)));
}

/** Return a refusal for anything but a list of known ids, each at most once. */
function listProblem(known, answer) {
  if (!Array.isArray(answer)) return refused(PROBLEMS.list);
  if (answer.length > known.length) {
    return refused(PROBLEMS.long, { given: answer.length, known: known.length });
  }
  const seen = new Set();
  for (const id of answer) {
    if (!known.includes(id)) return refused(PROBLEMS.unknown, { id });
    if (seen.has(id)) return refused(PROBLEMS.twice, { id });
    seen.add(id);
  }
  return null;
}

const count = (parts) => Object.values(parts).filter(Boolean).length;

/**
 * Return the longest increasing subsequence (Schensted 1961, patience sorting).
 *
 * @param {number[]} places
 * @returns {number[]}
 */
export function longestRun(places) {
  const tails = [];
  const before = new Map();
  for (const place of places) {
    let at = tails.findIndex((tail) => tail >= place);
    if (at < 0) at = tails.length;
    before.set(place, at ? tails[at - 1] : null);
    tails[at] = place;
  }
  const run = [];
  for (let step = tails.at(-1) ?? null; step !== null; step = before.get(step)) run.push(step);
  return run.reverse();
}
