/**
 * The panel where parts of the book are put on this device and taken off again, and the page
 * that stands in for one that is not there. The worker does the keeping (`worker.js`).
 */
import { fill, h } from "./item.js";
import { ask, registered } from "./offline.js";

export const STRINGS = {
  whole: "Keep the whole book ({size})",
  nothing: "Remove everything",
  modules: "Or one module at a time",
  keep: "Keep",
  remove: "Remove",
  base: "What every page needs",
  comes: "{size}, comes with the first module",
  has: "kept, {size}",
  room: "This browser says that it has room for about {size} more from this site.",
  lasting: "What is kept stays until you remove it.",
  passing: "The browser may clear what is kept when the device runs out of room.",
  written: "Your answers and drafts are kept apart from this. Removing pages does not touch them.",
  keeping: "Fetching the files of {title}",
  book: "the whole book",
  done: "{done} of {all}",
  stop: "Stop",
  kept: "Kept: {title}. You can read it without a connection now.",
  removed: "Removed: {title}.",
  everything: "everything",
  away: "You are offline. Modules can be kept when you are back online.",
  trouble: {
    full: "There is not enough room on this device for {title}, so nothing of it was kept. Free some room, or keep less.",
    stopped: "Stopped. Nothing of {title} was kept.",
    newer: "The book is just being changed, so nothing new was kept. Try again in a minute.",
    changed: "A file came other than the book lists it, so nothing new was kept. Try again in a minute.",
    closed: "This page address does not hand out {title} to you, or you are no longer signed in. Nothing new was kept.",
    unreachable: "The connection was lost, so nothing of {title} was kept. Try again when it is better.",
  },
  unable: "This browser cannot keep pages from this address. It needs an address that begins with https, or one on this computer itself, and no private window.",
  unlisted: "This copy of the book has no list of its files, so it cannot be kept.",
  notHere: "The page you asked for is not kept on this device.",
  again: "Try that page again",
  none: "Nothing is kept on this device yet.",
  here: "Kept here",
  back: "The connection is back.",
};

const BASE = "base";

const size = (bytes) => {
  const [unit, each] = bytes < 1e6 ? ["kilobyte", 1e3] : bytes < 1e9 ? ["megabyte", 1e6] : ["gigabyte", 1e9];
  const digits = { maximumFractionDigits: unit === "kilobyte" ? 0 : 1 };
  return new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit, ...digits }).format(bytes / each);
};
const actions = (...nodes) => h("div", { class: "gw-actions" }, nodes);
const button = (text, click, attributes = {}) => h("button", { type: "button", class: "gw-button", click, ...attributes }, text);

/** What the book has to keep, as it is served now. */
async function listed({ ROOT }) {
  const reply = await fetch(new URL("_static/gw/offline.json", ROOT), { cache: "no-store" }).catch(() => null);
  return reply && { found: reply.ok && (await reply.json().catch(() => null)) };
}

/** What is kept: its parts, and the list they were kept by. */
async function keptNow(root) {
  const registration = await registered(root);
  return registration?.active ? ask(registration.active, { type: "state" }) : { parts: [], book: null };
}

/** The worker of the version that is served now, ready to keep. */
async function worker(root) {
  const registration = await navigator.serviceWorker.register(new URL("worker.js", root));
  await registration.update().catch(() => {});
  const coming = registration.installing ?? registration.waiting;
  if (coming) await settled(coming);
  return registration.active;
}

function settled(coming) {
  return new Promise((done) => {
    const look = () => ["activated", "redundant"].includes(coming.state) && done();
    coming.addEventListener("statechange", look);
    look();
  });
}

const failed = (code, title) => fill(STRINGS.trouble[code], { title });

export async function keep(el, site) {
  site.dressed("offline.css");
  if (!navigator.serviceWorker || !window.caches) return el.replaceChildren(h("p", {}, STRINGS.unable));
  const titles = new Map(((await site.course())?.modules ?? []).map(({ id, title }) => [id, title]));
  const status = h("p", { role: "status", class: "gw-keep-told" });
  const head = h("div", {});
  const rows = h("div", {});
  const bar = h("i", {});
  const words = h("p", { class: "gw-note" });
  const meter = h("div", { class: "gw-meter", role: "progressbar", "aria-valuemin": 0, "aria-valuemax": 100 }, bar);
  const stop = button(STRINGS.stop, async () => ask((await registered(site.ROOT)).active, { type: "stop" }), { class: "gw-button gw-quiet" });
  const busy = h("div", { class: "gw-keep-busy", hidden: true }, meter, words, actions(stop));
  let served = null;
  let state = { parts: [], book: null };

  const partSize = (part) => (served?.found || state.book).parts[part].reduce((sum, path) => sum + (served?.found || state.book).files[path][1], 0);
  const missing = (parts) => [...new Set([BASE, ...parts])].filter((part) => !state.parts.includes(part)).reduce((sum, part) => sum + partSize(part), 0);

  async function look() {
    [served, state] = await Promise.all([listed(site), keptNow(site.ROOT)]);
    await draw();
  }

  async function draw() {
    const book = served?.found || state.book;
    if (!book) return head.replaceChildren(h("p", {}, served ? STRINGS.unlisted : STRINGS.away));
    const focused = el.contains(document.activeElement) && document.activeElement.dataset.key;
    const modules = Object.keys(book.parts).filter((part) => part !== BASE);
    const rest = modules.filter((part) => !state.parts.includes(part));
    const shut = !served?.found;
    const off = shut && { "aria-disabled": "true" };
    const put = (parts, title, key) => () => !shut && begin(parts, title, key);
    head.replaceChildren(
      actions(rest.length
        ? button(fill(STRINGS.whole, { size: size(missing(rest)) }), put(rest, STRINGS.book, "whole"), { "data-key": "whole", ...off })
        : button(STRINGS.nothing, () => take(modules, STRINGS.everything), { "data-key": "whole", class: "gw-button gw-quiet" })),
      shut ? h("p", { class: "gw-note" }, STRINGS.away) : "");
    rows.replaceChildren(
      h("h2", {}, STRINGS.modules),
      h("ul", { class: "gw-keeping" },
        h("li", {}, h("p", {}, h("b", {}, STRINGS.base), h("span", {}, fill(state.parts.includes(BASE) ? STRINGS.has : STRINGS.comes, { size: size(partSize(BASE)) })))),
        modules.map((part) => row(part, titles.get(part) ?? part, put, off))),
      ...(await notes()));
    if (focused) el.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
  }

  function row(part, title, put, off) {
    const here = state.parts.includes(part);
    const told = here ? fill(STRINGS.has, { size: size(partSize(part)) }) : size(partSize(part));
    const named = h("span", { class: "gw-visually-hidden" }, ` ${title}`);
    const act = here
      ? button(STRINGS.remove, () => take([part], title), { class: "gw-button gw-quiet", "data-key": part })
      : button(STRINGS.keep, put([part], title, part), { class: "gw-button gw-quiet", "data-key": part, ...off });
    act.append(named);
    return h("li", { "data-kept": here }, h("p", {}, h("b", {}, title), h("span", {}, told)), act);
  }

  async function notes() {
    const { usage, quota } = (await navigator.storage?.estimate?.()) ?? {};
    const lasting = state.parts.length > 0 && (await navigator.storage?.persisted?.());
    return [
      Number.isFinite(quota) && h("p", { class: "gw-note" }, fill(STRINGS.room, { size: size(Math.max(0, quota - usage)) })),
      state.parts.length > 0 && h("p", { class: "gw-note" }, lasting ? STRINGS.lasting : STRINGS.passing),
      h("p", { class: "gw-note" }, STRINGS.written),
    ].filter(Boolean);
  }

  function progressed({ done, total }) {
    const share = total ? Math.round((100 * done) / total) : 100;
    const text = fill(STRINGS.done, { done: size(done), all: size(total) });
    bar.style.width = `${share}%`;
    meter.setAttribute("aria-valuenow", share);
    meter.setAttribute("aria-valuetext", text);
    words.textContent = text;
  }

  async function begin(parts, title, key) {
    if (!busy.hidden) return;
    meter.setAttribute("aria-label", fill(STRINGS.keeping, { title }));
    status.textContent = `${fill(STRINGS.keeping, { title })}…`;
    progressed({ done: 0, total: missing(parts) });
    busy.hidden = false;
    stop.focus();
    navigator.storage?.persist?.();
    const ready = await worker(site.ROOT).catch(() => null);
    const told = ready
      ? await ask(ready, { type: "keep", parts, portal: document.documentElement.dataset.portal ?? null }, progressed)
      : { error: "unreachable" };
    if (told.error && !state.parts.length) await leave();
    await end(told.error ? failed(told.error, title) : fill(STRINGS.kept, { title }), key);
  }

  async function take(parts, title) {
    if (!busy.hidden) return;
    const { active } = (await registered(site.ROOT)) ?? {};
    const told = active && (await ask(active, { type: "remove", parts }));
    if (told?.parts?.length === 0) await leave();
    await end(fill(STRINGS.removed, { title }), parts.length === 1 ? parts[0] : "whole");
  }

  /** With nothing kept there is no work for a worker. */
  async function leave() {
    await (await registered(site.ROOT))?.unregister();
  }

  async function end(sentence, key) {
    await look();
    busy.hidden = true;
    status.textContent = sentence;
    el.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus();
  }

  const again = () => busy.hidden && look();
  navigator.serviceWorker.addEventListener("message", ({ data }) => data === "kept" && again());
  for (const event of ["online", "offline"]) window.addEventListener(event, again);
  await look();
  el.replaceChildren(head, status, busy, rows);
}

/** In place of a page that is not kept: which one it was, and what there is. */
export async function offline(el, site) {
  site.dressed("offline.css");
  const { parts } = await keptNow(site.ROOT);
  const modules = ((await site.course())?.modules ?? []).filter(({ id }) => parts.includes(id));
  const wanted = asked(site.ROOT);
  const status = h("p", { role: "status" });
  window.addEventListener("online", () => {
    status.textContent = STRINGS.back;
  });
  const link = ({ href, title }) => h("li", {}, h("a", { href: new URL(href, site.ROOT) }, title));
  el.replaceChildren(
    ...(wanted ? [h("p", {}, STRINGS.notHere), actions(h("a", { class: "gw-button", href: wanted }, STRINGS.again))] : []),
    status,
    h("h2", {}, STRINGS.here),
    ...modules.map((module) => h("section", { class: "gw-kept-module" }, h("h3", {}, h("a", { href: new URL(module.href, site.ROOT) }, module.title)), h("ul", {}, module.lessons.map(link)))),
    modules.length ? "" : h("p", {}, STRINGS.none));
}

/** The address that could not be reached, if it is one of this book's. */
function asked(root) {
  const page = new URLSearchParams(location.search).get("page");
  if (!page) return null;
  const url = new URL(page.replace(/^\/+/, ""), root);
  return url.href.startsWith(root.href) ? url : null;
}
