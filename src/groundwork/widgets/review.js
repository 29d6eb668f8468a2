/**
 * The review page: a question that was missed comes back, a handful a day. Under the portal
 * its log and py-fsrs say which ones (`review.py`); without one, this browser's own log and
 * the plain ladder below do.
 */
import widget, { fill, h, sign } from "./item.js";

export const STRINGS = {
  count: "Question {i} of {n}",
  from: "From the lesson “{title}”",
  next: "Next question",
  notToday: "Not today",
  stop: "That is enough for today",
  stopped: "You stopped for today. The questions will wait.",
  goOn: "Go on after all",
  done: "That was all for now. What one finds again oneself tends to stay.",
  none: "Nothing has come back today.",
  never: "A question that you do not get wholly right in a lesson will come back here.",
  waiting: "More have come back ({n}). They wait until another day.",
  nextOn: "The next one comes back on {date}.",
  nextToday: "The next one comes back today.",
  unreachable: "The portal cannot be reached just now, so it cannot say what has come back.",
  how: {
    portal: "When a question comes back is worked out from all your answers to it (missed, partly right, right, or right and sure) by FSRS, a published model of how people forget.",
    alone: "Without a portal a plain ladder is used: a missed question comes back after ten minutes; after each right answer it waits 1, 3, 7, 16, then 35 days. Being right and sure skips a rung, partly right stays on it, a miss starts again. The portal spaces them more finely, with a published model of how people forget.",
  },
};

const HANDFUL = 8;
const MINUTE = 60_000;
const DAY = 1440 * MINUTE;
const LADDER = [10 * MINUTE, DAY, 3 * DAY, 7 * DAY, 16 * DAY, 35 * DAY];
const SURE = 3;
const [FULL, NOTHING] = [1 - 1e-9, 1e-9];

const today = () => new Date(new Date().setHours(0, 0, 0, 0));
const dayName = () => today().toDateString();

/** What is due by the ladder, in the shape of `GET /api/review`. */
export function ladder(events, now, since) {
  const cards = new Map();
  for (const { item, lesson, at, score, confidence } of [...events].sort((a, b) => Date.parse(a.at) - Date.parse(b.at))) {
    const time = Date.parse(at);
    const card = cards.get(item);
    if (typeof score !== "number" || (!card && score >= FULL)) continue;
    const before = card?.rung ?? 0;
    const up = confidence === SURE ? 2 : 1;
    const rung = score >= FULL ? Math.min(before + up, LADDER.length - 1) : score > NOTHING ? before : 0;
    cards.set(item, { item, lesson, rung, due: time + LADDER[rung], reviewed: card?.due <= time ? time : card?.reviewed });
  }
  const all = [...cards.values()].sort((a, b) => a.due - b.due);
  const due = all.filter((card) => card.due <= now);
  const left = Math.max(0, HANDFUL - all.filter((card) => card.reviewed >= since).length);
  const coming = all.filter((card) => card.due > now).map((card) => card.due);
  if (due.length > left) coming.push(since + DAY);
  return {
    due: due.slice(0, left).map(({ item, lesson }) => ({ item, lesson })), waiting: Math.max(0, due.length - left),
    next: coming.length ? new Date(Math.min(...coming)).toISOString() : null,
  };
}

export const ownLog = (site) => site.names("log:").map(site.recall).filter(Boolean);

/** What has come back today, or null when the portal cannot say. */
export async function comeBack(site) {
  const since = today();
  const reply = site.PORTAL && (await site.api(`api/review?since=${since.toISOString()}`).catch(() => null));
  if (site.PORTAL && !reply?.ok) return null;
  const found = site.PORTAL ? reply.body : ladder(ownLog(site), Date.now(), since.getTime());
  const rested = found.due.filter(({ item }) => site.recall(`rest:${item}`) !== dayName());
  return { ...found, due: rested, resting: found.due.length - rested.length };
}

export async function review(el, site) {
  const [found, items] = await Promise.all([comeBack(site), loadItems()]);
  const due = (found?.due ?? []).filter(({ item }) => Object.hasOwn(items, item));
  const how = h("p", { class: "gw-note" }, site.PORTAL ? STRINGS.how.portal : STRINGS.how.alone);
  const show = (focus, ...nodes) => {
    el.replaceChildren(...nodes.filter(Boolean), how);
    if (focus) el.firstElementChild.focus();
  };
  const line = (text) => h("p", { tabindex: "-1" }, text);
  const act = (text, click, quiet = true) => h("button", { type: "button", class: `gw-button${quiet ? " gw-quiet" : ""}`, click }, text);
  const actions = (...nodes) => h("div", { class: "gw-actions" }, nodes);
  const stop = (focus = true) => {
    site.keep("rest", dayName());
    show(focus, line(STRINGS.stopped), actions(act(STRINGS.goOn, () => {
      site.forget("rest");
      end(true);
    })));
  };
  /* Asks anew what has come back: what was answered has gone, what was put off has not. */
  const end = async (focus) => {
    const now = await comeBack(site);
    if (now?.due.length) return review(el, site).then(() => focus && el.firstElementChild.focus());
    close(now, focus);
  };
  const close = (now, focus, answered = 0) => {
    if (!now) return show(focus, line(answered ? STRINGS.done : STRINGS.unreachable));
    const next = now.next && new Date(now.next);
    const when = next && (next.toDateString() === dayName() ? STRINGS.nextToday : fill(STRINGS.nextOn, { date: next.toLocaleDateString(undefined, { weekday: "long", day: "numeric", month: "long" }) }));
    show(focus, answered ? h("p", { class: "gw-told", "data-kind": "right", tabindex: "-1" }, h("b", {}, sign("right"), STRINGS.done)) : line(STRINGS.none),
      now.waiting > 0 && h("p", {}, fill(STRINGS.waiting, { n: now.waiting })),
      h("p", {}, when || (now.resting ? "" : STRINGS.never)));
  };
  const ask = (i, focus) => {
    if (i >= due.length) return comeBack(site).then((now) => close(now, true, i));
    const item = prepared(items[due[i].item], site);
    const box = h("div", { class: "gw-check" });
    const onward = act(STRINGS.next, () => ask(i + 1, true), false);
    const later = act(STRINGS.notToday, () => {
      site.keep(`rest:${item.id}`, dayName());
      ask(i + 1, true);
    });
    onward.hidden = true;
    const model = site.createModel({ item, answer: null, result: null, confidence: null, mode: "practice" }, (changed) => {
      if (!changed.has("result") || !model.get("result")) return;
      site.practiced(item, model, { lesson: due[i].lesson });
      onward.hidden = false;
      later.hidden = true;
    });
    widget.render({ model, el: box });
    const lesson = lessonOf(site, due[i].lesson);
    show(focus, h("h2", { tabindex: "-1" }, fill(STRINGS.count, { i: i + 1, n: due.length })),
      lesson && h("p", { class: "gw-note" }, h("a", { href: new URL(lesson.href, site.ROOT) }, fill(STRINGS.from, lesson))),
      box, actions(onward, later, act(STRINGS.stop, () => stop())));
  };
  if (site.recall("rest") === dayName()) return stop(false);
  if (!due.length) return close(found, false);
  return ask(0, false);
}

const lessonOf = (site, id) => site.progress()?.modules.flatMap((module) => module.lessons).find((one) => one.id === id);

/** An item with links that lead from here. */
function prepared(item, { ROOT }) {
  const from = (href) => new URL(href, ROOT).href;
  return {
    ...item, section_href: item.section_href && from(item.section_href),
    sources: item.sources?.map((source) => ({ ...source, href: from(source.href) })),
  };
}

/** The practice items with their keys; only this page and an import ask for them. */
export async function loadItems() {
  const reply = await fetch(new URL("practice.json", import.meta.url)).catch(() => null);
  return reply?.ok ? reply.json() : {};
}
