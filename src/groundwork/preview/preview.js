/**
 * The preview page: asks again and again whether something was saved, and shows the
 * questions with the real widget. A question that did not change keeps its answer.
 */
import widget, { h, inline, paragraphs } from "../gw/item.js";

const STRINGS = {
  fresh: "Read at {time}. Save the file to see it here again.",
  broken: "The file cannot be read as it is. What you see below is what was there before.",
  gone: "The preview was stopped. Start it again to go on.",
  elsewhere: "The course could not be checked, because of another file:",
  key: "Key and reasons",
  claims: "Claims",
  level: { error: "Error", warning: "Advice", note: "Note" },
  line: "line {line}",
  situation: "in a situation",
};
const AGAIN = 700;
const fill = (sentence, words) => sentence.replace(/\{(\w+)\}/g, (_, name) => words[name]);

const status = document.querySelector(".pv-status");
const place = document.querySelector(".pv-files");
const kept = new Map();
let stamp = "";

/** The model contract of anywidget, for one question that nobody keeps. */
function createModel(item) {
  const state = { item, answer: null, mode: "practice", result: null, confidence: null };
  const listeners = new Map();
  return {
    get: (name) => state[name] ?? null,
    set(name, value) {
      state[name] = value;
      for (const listener of listeners.get(`change:${name}`) ?? []) listener();
    },
    save_changes() {},
    on: (event, listener) => listeners.set(event, [...(listeners.get(event) ?? []), listener]),
    off: (event, listener) => listeners.set(event, (listeners.get(event) ?? []).filter((one) => one !== listener)),
  };
}

const list = (messages) => messages.length > 0 && h("ul", { class: "pv-messages" }, messages.map(({ level, line, text }) =>
  h("li", { "data-level": level }, h("b", {}, STRINGS.level[level]), `, ${fill(STRINGS.line, { line })}: ${text}`)));

const errors = (texts) => texts.length > 0 && h("ul", { class: "pv-messages" }, texts.map((text) =>
  h("li", { "data-level": "error" }, h("b", {}, STRINGS.level.error), ` ${text}`)));

function facts({ type, line, objective, section, situation }) {
  const words = [type, fill(STRINGS.line, { line }), objective, situation && STRINGS.situation, section];
  return h("p", { class: "pv-facts" }, words.filter(Boolean).join(" · "));
}

function answers(rows) {
  return h("details", { open: true }, h("summary", {}, STRINGS.key), h("dl", { class: "pv-answers" },
    rows.flatMap(({ text, verdict, why }) => [
      h("dt", {}, inline(text), ` (${verdict})`),
      ...paragraphs(why).filter(Boolean).map((part) => h("dd", {}, inline(part))),
    ])));
}

function claims(rows) {
  return rows.length > 0 && h("details", { open: true }, h("summary", {}, STRINGS.claims), h("dl", { class: "pv-answers" },
    rows.flatMap(({ id, text, standing }) => [
      h("dt", {}, id, " ", h("span", { class: "pv-standing" }, `(${standing})`)),
      h("dd", {}, inline(text)),
    ])));
}

function question(one) {
  const el = h("div", {});
  const article = h("article", { class: "pv-item", id: `item-${one.id}` },
    h("h3", {}, one.id), facts(one), list(one.messages),
    h("section", { class: "gw-check", "aria-label": one.id }, el),
    answers(one.answers), claims(one.claims));
  widget.render({ model: createModel(one.item), el });
  return article;
}

/** The question as it stands, the same node as long as nothing of it changed. */
function keptQuestion(file, one) {
  const name = `${file}#${one.id}`;
  const text = JSON.stringify(one);
  if (kept.get(name)?.text !== text) kept.set(name, { text, node: question(one) });
  return kept.get(name).node;
}

const before = new Map();

/** One file; while it cannot be read, its questions stay, dimmed, under the message. */
function fileShown(file) {
  const broken = file.errors.length > 0;
  if (!broken) before.set(file.name, file.items.map((one) => keptQuestion(file.name, one)));
  return h("section", { class: "pv-file" }, h("h2", {}, file.name), errors(file.errors), list(file.messages),
    h("div", { class: broken ? "pv-old" : null }, before.get(file.name) ?? []));
}

function show(state) {
  const focused = document.activeElement;
  const [x, y] = [scrollX, scrollY];
  place.replaceChildren(
    ...state.problems.length ? [h("p", {}, STRINGS.elsewhere), errors(state.problems)] : [],
    ...state.files.map(fileShown),
  );
  scrollTo(x, y);
  if (focused?.isConnected) focused.focus({ preventScroll: true });
  const broken = state.files.some((file) => file.errors.length);
  status.textContent = broken ? STRINGS.broken : fill(STRINGS.fresh, { time: new Date().toLocaleTimeString() });
}

async function look() {
  try {
    const reply = await fetch(`/state?seen=${stamp}`);
    if (reply.status === 200) {
      const state = await reply.json();
      show(state);
      stamp = state.stamp;
    }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    status.textContent = STRINGS.gone;
    stamp = "";
  } finally {
    setTimeout(look, AGAIN);
  }
}

look();
