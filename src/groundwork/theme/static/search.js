// Search: lessons by section, claims by number or words, and the glossary. The index is one
// file of plain text, loaded when somebody first types; all of the finding happens here.
// Words are compared without case and accents; every word asked for must be there, as a whole
// or as a beginning, and one that stands nowhere is looked for again with one letter wrong.

export const STRINGS = {
  title: "Search",
  label: "Words to look for",
  close: "Close",
  all: "Open the search page",
  arrows: "Arrow down leads to the results.",
  failed: "The search index could not be loaded. Try again when you are on line.",
  loading: "Looking …",
  none: "Nothing found for “{words}”. Try fewer words, or others.",
  instead: "Nothing has “{asked}”. Shown instead: {shown}.",
  groups: { lessons: "Lessons", claims: "Claims", terms: "Glossary", pages: "Other pages" },
  counts: { lessons: ["1 lesson", "{n} lessons"], claims: ["1 claim", "{n} claims"], terms: ["1 word of the glossary", "{n} words of the glossary"], pages: ["1 other page", "{n} other pages"] },
  found: "Found: {parts}.",
  more: "Show all {n}",
  also: "Also in this lesson:",
  dull: "a an and are as at be by do does for from how i in is it its of on or that the their to was what when where which who why with",
};

const ROOT = new URL(document.documentElement.dataset.root || "./", location.href);
const INDEX = new URL("_static/gw/search.json", ROOT);
const WORD = /[\p{L}\p{N}\p{M}]+/gu;
const FIRST = 5; // results of a group before "Show all"
const OTHERS = 3; // further sections of a lesson
const AROUND = 110; // characters of a snippet on each side of what was found
const TITLE = 8; // what a word in a title counts for, beside one in the text
const ABOVE = 2; // and one in the title of its lesson
const PHRASE = 2; // what several words count for when they stand together as they were asked
const FUZZY_FROM = 3; // letters below which a misspelling could be anything
const LONG = 6; // letters from which the beginning of a word may be misspelled too
const PAUSE = 150; // ms without a key before we look
const SPOKEN = 600; // ms before what was found is announced

const fill = (sentence, words) => sentence.replace(/\{(\w+)\}/g, (_, name) => words[name]);
const fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
const wordsOf = (text) => (text.match(WORD) ?? []).map(fold);

// "babies" and "baby", "claims" and "claim": enough of a stem for two languages.
function stem(word) {
  if (word.length > 4 && word.endsWith("ies")) return `${word.slice(0, -3)}y`;
  return word.length > 3 && /[^sui]s$/.test(word) ? word.slice(0, -1) : word;
}

/** Whether two words are the same but for one letter: wrong, missing, too many, or two exchanged. */
export function near(one, other) {
  if (Math.abs(one.length - other.length) > 1) return false;
  let start = 0;
  while (start < one.length && one[start] === other[start]) start += 1;
  const [a, b] = [one.slice(start), other.slice(start)];
  if (a.slice(1) === b.slice(1) || a === b.slice(1) || a.slice(1) === b) return true;
  return a[0] === b[1] && a[1] === b[0] && a.slice(2) === b.slice(2);
}

/** How well a word of the book answers a word that was asked for, from 0 to 1. */
function likeness(known, asked) {
  if (known === asked) return 1;
  if (stem(known) === stem(asked)) return 0.9;
  return known.startsWith(asked) ? 0.5 : 0;
}

// A longer word counts when its beginning is near: "atachm" leads to "attachments". In a short
// word the first letter must be right, or anything could be meant.
function nearly(known, asked) {
  if (asked.length < FUZZY_FROM || (asked.length < LONG && known[0] !== asked[0])) return 0;
  if (near(known, asked) || near(stem(known), stem(asked))) return 0.4;
  if (asked.length < LONG) return 0;
  return [-1, 0, 1].some((more) => near(known.slice(0, asked.length + more), asked)) ? 0.2 : 0;
}

/** The index as a list of things to find, and for each word where it stands. */
export function prepare({ pages, claims, terms }) {
  const things = [
    ...pages.flatMap(([href, place, lesson, parts]) =>
      parts.map(([anchor, title, text]) => ({
        group: lesson ? "lessons" : "pages", page: href, href: anchor ? `${href}#${anchor}` : href,
        place, lesson: parts[0][1], title, text, heads: title, above: anchor ? parts[0][1] : "",
      })),
    ),
    ...claims.map(([id, anchor, confidence, text]) => ({
      group: "claims", href: `evidence.html#${anchor}`, title: `${id}, ${confidence}`, text, heads: id,
    })),
    ...terms.map(([anchor, term, also, text]) => ({
      group: "terms", href: `glossary.html#${anchor}`, title: term, text, heads: `${term} ${also}`,
    })),
  ];
  const places = new Map();
  const note = (word, thing, weight) => {
    if (!places.has(word)) places.set(word, new Map());
    const at = places.get(word);
    at.set(thing, (at.get(thing) ?? 0) + weight);
  };
  for (const thing of things) {
    for (const word of wordsOf(thing.heads)) note(word, thing, TITLE);
    for (const word of wordsOf(thing.above ?? "")) note(word, thing, ABOVE);
    for (const word of wordsOf(thing.text)) note(word, thing, 1);
  }
  return { places };
}

function meanings(places, asked, like) {
  const found = [];
  for (const known of places.keys()) {
    const how = like(known, asked);
    if (how) found.push([known, how]);
  }
  return found;
}

/** What answers a query: things in order, the words they were found by, and what was misspelled. */
export function find({ places }, query) {
  const dull = new Set(STRINGS.dull.split(" "));
  const all = [...new Set(wordsOf(query))];
  const telling = all.filter((word) => word.length > 1 && !dull.has(word));
  const scores = new Map();
  const words = new Set();
  const misspelled = [];
  (telling.length ? telling : all).forEach((asked, place) => {
    let known = meanings(places, asked, likeness);
    if (!known.length) {
      known = meanings(places, asked, nearly);
      const best = Math.max(...known.map(([, how]) => how));
      known = known.filter(([, how]) => how === best);
      if (known.length) misspelled.push([asked, known.map(([word]) => word)]);
    }
    const mine = new Map();
    for (const [word, how] of known) {
      words.add(word);
      for (const [thing, weight] of places.get(word)) mine.set(thing, Math.max(mine.get(thing) ?? 0, how * (1 + Math.log(weight))));
    }
    for (const thing of new Set([...scores.keys(), ...mine.keys()])) {
      const both = mine.has(thing) && (place === 0 || scores.has(thing));
      if (both) scores.set(thing, (scores.get(thing) ?? 0) + mine.get(thing));
      else scores.delete(thing);
    }
  });
  const whole = fold(query).trim();
  const worth = ([thing, score]) => score * (all.length > 1 && fold(`${thing.heads} ${thing.text}`).includes(whole) ? PHRASE : 1);
  const things = [...scores].map((row) => [row[0], worth(row)]).sort((a, b) => b[1] - a[1]).map(([thing]) => thing);
  return { things, words, misspelled };
}

let loading = null;
function load() {
  loading ??= fetch(INDEX)
    .then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(answer.status))))
    .then(prepare)
    .catch((error) => {
      loading = null; // the next key tries again
      throw error;
    });
  return loading;
}

/* ---------- what is shown ---------- */

function element(name, content = [], more = {}) {
  const made = Object.assign(document.createElement(name), more);
  made.append(...[content].flat());
  return made;
}

/** A text with the words that were found in it marked. */
function marked(text, words) {
  const parts = [];
  let end = 0;
  for (const hit of text.matchAll(WORD)) {
    if (!words.has(fold(hit[0]))) continue;
    parts.push(text.slice(end, hit.index), element("mark", hit[0]));
    end = hit.index + hit[0].length;
  }
  return [...parts, text.slice(end)];
}

/** The stretch of a text in which most of the words stand. */
function snippet(text, words) {
  const hits = [...text.matchAll(WORD)].filter((hit) => words.has(fold(hit[0])));
  if (!hits.length) return text.length > 2 * AROUND ? `${text.slice(0, text.lastIndexOf(" ", 2 * AROUND))} …` : text;
  const held = (from) => new Set(hits.filter((hit) => hit.index >= from && hit.index < from + AROUND).map((hit) => fold(hit[0]))).size;
  const best = hits.reduce((a, b) => (held(b.index) > held(a.index) ? b : a)).index;
  const start = best > AROUND ? text.indexOf(" ", best - AROUND) + 1 : 0;
  const stop = text.length > best + AROUND ? text.lastIndexOf(" ", best + AROUND) : text.length;
  return `${start ? "… " : ""}${text.slice(start, stop)}${stop < text.length ? " …" : ""}`;
}

const link = (thing, text = thing.title) => element("a", text, { href: new URL(thing.href, ROOT).href });

function entry(thing, others, words) {
  const lines = [];
  if (thing.place || thing.title !== thing.lesson) {
    const where = [thing.place, thing.title === thing.lesson ? "" : thing.lesson].filter(Boolean).join(": ");
    if (where) lines.push(element("p", where, { className: "gw-found-place" }));
  }
  const text = thing.group === "terms" || thing.group === "claims" ? thing.text : snippet(thing.text, words);
  lines.push(link(thing), element("p", marked(text, words), { className: "gw-found-text" }));
  if (others.length) {
    const links = others.flatMap((other, place) => [place ? ", " : " ", link(other)]);
    lines.push(element("p", [STRINGS.also, ...links], { className: "gw-found-also" }));
  }
  return element("li", lines);
}

// The sections of one page are one result: the best of them, and a way to the others.
function results(things) {
  const pages = new Map();
  for (const thing of things) {
    const key = thing.page ?? thing.href;
    if (pages.has(key)) pages.get(key).push(thing);
    else pages.set(key, [thing]);
  }
  return [...pages.values()];
}

function group(name, things, words, level) {
  const rows = results(things).map(([first, ...rest]) => entry(first, rest.slice(0, OTHERS), words));
  const head = element(`h${level}`, STRINGS.groups[name], { id: `gw-found-${name}` });
  const list = element("ul", rows);
  const made = element("section", [head, list], { className: `gw-found gw-found-${name}` });
  made.setAttribute("aria-labelledby", head.id);
  if (rows.length > FIRST + 1) {
    rows.slice(FIRST).forEach((row) => (row.hidden = true));
    const more = element("button", fill(STRINGS.more, { n: rows.length }), { type: "button", className: "gw-button gw-quiet" });
    more.addEventListener("click", () => {
      rows.forEach((row) => (row.hidden = false));
      more.remove();
      rows[FIRST].querySelector("a").focus();
    });
    made.append(more);
  }
  return [made, rows.length];
}

function told({ misspelled }, counts) {
  const parts = Object.entries(counts).filter(([, n]) => n).map(([name, n]) => fill(STRINGS.counts[name][n === 1 ? 0 : 1], { n }));
  const instead = misspelled.map(([asked, shown]) => fill(STRINGS.instead, { asked, shown: shown.slice(0, 3).join(", ") }));
  return [...instead, fill(STRINGS.found, { parts: parts.join(", ") })].join(" ");
}

function show(book, query, place, level) {
  const answer = find(book, query);
  const counts = {};
  const groups = [];
  for (const name of Object.keys(STRINGS.groups)) {
    const things = answer.things.filter((thing) => thing.group === name);
    if (!things.length) continue;
    const [made, number] = group(name, things, answer.words, level);
    groups.push(made);
    counts[name] = number;
  }
  place.replaceChildren(...groups);
  return groups.length ? told(answer, counts) : fill(STRINGS.none, { words: query });
}

/** Make a field search as one types: results in `place`, what was found said in `status`. */
export function attach(field, status, place, { level, changed = () => {} }) {
  let asked = "";
  let waiting = 0;
  let speaking = 0;
  const say = (text, soon = false) => {
    clearTimeout(speaking);
    speaking = setTimeout(() => (status.textContent = text), soon ? 0 : SPOKEN);
  };
  const look = async () => {
    const query = field.value.trim();
    if (query === asked) return;
    asked = query;
    changed(query);
    if (query.length < 2) {
      place.replaceChildren();
      say("", true);
      return;
    }
    try {
      if (!loading) say(STRINGS.loading, true);
      const book = await load();
      if (query === asked) say(show(book, query, place, level));
    } catch {
      asked = "";
      say(STRINGS.failed, true);
    }
  };
  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(look, PAUSE);
  });
  // From the field down into the results and back, beside the Tab key.
  const within = field.closest("dialog, .gw-search");
  within.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const stops = [field, ...place.querySelectorAll("li:not([hidden]) > a")];
    const at = stops.indexOf(document.activeElement);
    if (!step || at < 0 || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    stops[Math.min(Math.max(at + step, 0), stops.length - 1)].focus();
  });
  return look;
}

const pageFor = (query) => new URL(`search.html${query ? `?q=${encodeURIComponent(query)}` : ""}`, ROOT).href;

let box = null;
function build() {
  const title = element("h2", STRINGS.title, { id: "gw-box-title" });
  const field = element("input", [], { type: "search", id: "gw-box-q", autocomplete: "off", autocapitalize: "off", spellcheck: false, enterKeyHint: "search" });
  const label = element("label", STRINGS.label, { htmlFor: field.id, className: "gw-visually-hidden" });
  const close = element("button", STRINGS.close, { type: "button", className: "gw-button gw-quiet" });
  const hint = element("p", STRINGS.arrows, { id: "gw-box-hint", className: "gw-visually-hidden" });
  const status = element("p", [], { className: "gw-soft gw-search-told" });
  const place = element("div", [], { className: "gw-results" });
  const all = element("a", STRINGS.all, { href: pageFor("") });
  const head = element("div", [title, close], { className: "gw-box-head" });
  const row = element("form", [label, field], { className: "gw-search-row", action: pageFor("") });
  field.setAttribute("aria-describedby", hint.id);
  status.setAttribute("role", "status");
  const dialog = element("dialog", [head, row, hint, status, place, element("p", all, { className: "gw-box-all" })], { className: "gw-box" });
  dialog.setAttribute("aria-labelledby", title.id);
  row.addEventListener("submit", (event) => {
    event.preventDefault();
    location.href = pageFor(field.value.trim());
  });
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog || event.target.closest(".gw-results a")) dialog.close();
  });
  attach(field, status, place, { level: 3, changed: (query) => (all.href = pageFor(query)) });
  document.body.append(dialog);
  return { dialog, field };
}

/** Open the quick box over the page. */
export function open() {
  box ??= build();
  box.dialog.showModal();
  box.field.focus();
  box.field.select();
}

const form = document.querySelector(".gw-search form");
if (form) {
  const field = form.querySelector("input");
  const remember = (query) => history.replaceState(history.state, "", pageFor(query));
  const look = attach(field, form.querySelector('[role="status"]'), document.querySelector(".gw-search .gw-results"), { level: 2, changed: remember });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    look();
  });
  field.value = new URLSearchParams(location.search).get("q") ?? "";
  look();
}
