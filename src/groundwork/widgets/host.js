/**
 * What every built page does: shows its self-checks, figures and apps, keeps answers,
 * and weaves a learner's progress into the navigation. On a plain file server answers
 * stay in this browser; under the portal they are also sent to it, through a queue that
 * outlives a lost connection.
 */

export const STRINGS = {
  status: { not_started: "(not started)", reading: "(begun)", finished: "(finished)", waiting: "(finished, waiting to be sent)" },
  minutes: "{done} of {all} minutes done",
  next: "Continue where you left off: {title}",
  elsewhere: "You have answered this before, in another browser. You can answer it again here.",
  lossy: "This browser does not keep answers. They last until you leave this page.",
  finish: "I have finished this lesson",
  finished: "You have finished this lesson.",
  missing: "Before that, answer what is still open:",
  open: "Check yourself: {text}",
  kept: "Kept in this browser. It will be sent when the portal can be reached again.",
  minutesCount: "{minutes} minutes are added to your record.",
};

const html = document.documentElement;
const ROOT = new URL(html.dataset.root || "./", location.href);
const ADDRESS = html.dataset.portal === undefined ? null : new URL(html.dataset.portal.replace(/\/*$/, "/"), location.href);
const PATIENCE = 3_000;
const RETRY = 30_000;

const fill = (sentence, words) => sentence.replace(/\{(\w+)\}/g, (_, name) => words[name]);
const all = (selector) => [...document.querySelectorAll(selector)];

/** Where there are accounts: the token that only scripts below this portal's path can read. */
const token = () => document.cookie.match(/(?:^|; )groundwork-csrf=([0-9a-f]+)/)?.[1];
const proof = () => (token() ? { "X-CSRF-Token": token() } : {});

function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  /* A portal reached by plain http on a local network has no randomUUID. */
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  return [...bytes].map((b, i) => ([4, 6, 8, 10].includes(i) ? "-" : "") + b.toString(16).padStart(2, "0")).join("");
}

/* What a learner did, kept in this browser: one entry for each thing, so that two tabs
   never overwrite each other. Where storage is shut off or full, this page remembers. */

const LAST = `gw:${ROOT.pathname}:last`;
let progress = readProgress();
if (ADDRESS) progress ??= await lastKnown();
/* A copy kept on this device, when nobody is known to have signed in, is a page without a portal. */
const PORTAL = progress || html.dataset.kept === undefined ? ADDRESS : null;
const shelf = `gw:${ROOT.pathname}:${progress?.learner?.id ?? ""}:`;
const memory = new Map();

function keep(name, value) {
  const text = JSON.stringify(value);
  try {
    localStorage.setItem(shelf + name, text);
    memory.delete(name);
  } catch {
    memory.set(name, text);
  }
}

function recall(name) {
  try {
    return JSON.parse(memory.get(name) ?? localStorage.getItem(shelf + name));
  } catch {
    return null;
  }
}

function forget(name) {
  memory.delete(name);
  try {
    localStorage.removeItem(shelf + name);
  } catch {
    /* storage is shut off: there was nothing to remove */
  }
}

function names(prefix) {
  let stored = [];
  try {
    stored = Object.keys(localStorage).filter((key) => key.startsWith(shelf)).map((key) => key.slice(shelf.length));
  } catch {
    /* storage is shut off: only this page remembers */
  }
  return [...new Set([...stored, ...memory.keys()])].filter((name) => name.startsWith(prefix)).sort();
}

/** The model contract of anywidget, without a kernel; `saved` hears which names were saved. */
function createModel(state, saved = () => {}) {
  const listeners = new Map();
  let changed = new Set();
  return {
    get: (name) => state[name] ?? null,
    set(name, value) {
      if (state[name] === value) return;
      state[name] = value;
      changed.add(name);
      for (const listener of [...(listeners.get(`change:${name}`) ?? [])]) listener();
    },
    save_changes() {
      const names = changed;
      changed = new Set();
      if (names.size) saved(names);
    },
    on: (event, listener) => listeners.set(event, [...(listeners.get(event) ?? []), listener]),
    off: (event, listener) => listeners.set(event, (listeners.get(event) ?? []).filter((one) => one !== listener)),
  };
}

/* The portal */

function readProgress() {
  try {
    return JSON.parse(document.getElementById("gw-progress").textContent);
  } catch {
    return null;
  }
}

/** Ask the portal; a lost connection throws, any answer is `{status, ok, body}`. */
async function api(path, { method = "GET", body, signal } = {}) {
  const reply = await fetch(new URL(path, ADDRESS), {
    method, signal,
    headers: {
      "Accept-Language": html.lang,
      ...(body !== undefined && { "Content-Type": "application/json" }),
      ...(progress?.learner?.id && { "X-Groundwork-Learner": progress.learner.id }),
      ...proof(),
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  return { status: reply.status, ok: reply.ok, body: await reply.json().catch(() => null) };
}

/** A page that was kept on this device has no progress in it: ask, else take what was known last. */
async function lastKnown() {
  const reply = await api("api/progress", { signal: AbortSignal.timeout(PATIENCE) }).catch(() => null);
  if (reply?.ok) return reply.body;
  if (reply && reply.status < 500 && reply.status !== 401) return null;
  try {
    return JSON.parse(localStorage.getItem(localStorage.getItem(LAST)));
  } catch {
    return null;
  }
}

/**
 * Keep what is known for when the portal cannot be reached, on the shelf of who it belongs to.
 * Whoever has signed out is no longer known on this device.
 */
function rememberProgress() {
  try {
    if (html.dataset.signIn !== undefined) localStorage.removeItem(LAST);
    if (!PORTAL || !progress?.learner) return;
    keep("progress", progress);
    localStorage.setItem(LAST, `${shelf}progress`);
  } catch {
    /* storage is shut off or full: a kept page will show no progress */
  }
}

const outcomes = new Map();
let queue = null;
let tries = 0;

/** Note what happened: under the portal in the queue, else in this browser's own log. */
function post(event) {
  const whole = { id: uuid(), lesson, at: new Date().toISOString(), ...event };
  const kind = PORTAL ? "queue:" : "log:";
  /* After everything that waits, in whichever tab it was done, even if the clock was set back. */
  const last = Number.parseInt(names(kind).at(-1)?.slice(kind.length) ?? 0, 10) || 0;
  keep(`${kind}${String(Math.max(Date.now(), last + 1)).padStart(15, "0")}-${whole.id}`, whole);
  return PORTAL ? send().then(() => whole.id) : whole.id;
}

/** Send what waits (`queue.js`); what cannot be sent now stays in this browser. */
async function send() {
  /* A browser may remember that a script did not come, so the next try asks by another name. */
  queue ??= import(tries ? `./queue.js?${tries}` : "./queue.js").then(({ createQueue }) => createQueue(site));
  try {
    await (await queue).send();
  } catch {
    queue = null;
    tries += 1;
    setTimeout(send, RETRY);
  }
}

/** Read progress anew and weave it in; without a connection what was known stays. */
async function refresh() {
  if (!PORTAL) progress = course && localProgress(course);
  else {
    const reply = await api("api/progress").catch(() => null);
    if (reply?.ok) progress = reply.body;
    rememberProgress();
  }
  weave();
  return progress;
}

/* Progress without a portal: the course as built, and what this browser kept */

let course = null;

async function loadCourse() {
  const reply = await fetch(new URL("course.json", import.meta.url)).catch(() => null);
  course = reply?.ok ? await reply.json() : null;
  return course;
}

/** Items that may take each other's place are answered when one of them is. */
const open = (items, done, root) => items.filter((id) => !done.map(root).includes(root(id)));

function localProgress({ modules }) {
  const shown = modules.map((module) => {
    const lessons = module.lessons.map(({ items = [], alternatives = {}, ...rest }) => {
      const answered = items.filter((id) => recall(`answer:${id}`)?.result);
      return { ...rest, answered, missing: open(items, answered, (id) => alternatives[id] ?? id), status: recall(`lesson:${rest.id}`)?.status ?? "not_started" };
    });
    const done = lessons.filter((one) => one.status === "finished");
    return {
      ...module, lessons, minutes_done: done.reduce((sum, one) => sum + one.minutes, 0),
      status: lessons.every((one) => one.status === "not_started") ? "not_started" : "in_progress",
      precheck: null, quiz: { attempts: 0, best: null, passed: false }, reflection: null, record: null, missing: [],
    };
  });
  const lessons = shown.flatMap((module) => module.lessons);
  const at = lessons.findIndex((one) => one.id === recall("last"));
  const next = at < 0 ? null : lessons.slice(at).find((one) => one.status !== "finished");
  return { learner: null, modules: shown, minutes_by_area: [], continue: next ? { href: next.href, title: next.title } : null };
}

/* Weaving progress into the page */

function statusOf(page, kind) {
  const module = progress.modules.find((one) => page.startsWith(`${one.id}/`));
  if (!module) return "not_started";
  if (kind === "quiz") return module.quiz?.passed ? "finished" : module.quiz?.attempts ? "reading" : "not_started";
  if (kind === "reflection") return module.reflection?.complete ? "finished" : module.reflection ? "reading" : "not_started";
  return module.lessons.find((one) => one.id === page)?.status ?? "not_started";
}

/** The lessons that were finished and wait to be sent. */
const unsent = () => new Set(names("queue:").map(recall).filter((one) => one?.type === "lesson_finished").map((one) => one.lesson));

function weave() {
  if (!progress) return;
  const waiting = unsent();
  for (const entry of all("li[data-page]")) {
    const dot = entry.querySelector(".gw-status");
    if (!dot) continue;
    const status = statusOf(entry.dataset.page, entry.dataset.kind);
    const waits = status !== "finished" && waiting.has(entry.dataset.page);
    dot.dataset.status = waits ? "finished" : status;
    entry.querySelector(".gw-status-word").textContent = STRINGS.status[waits ? "waiting" : status];
  }
  for (const meter of all(".gw-meter")) {
    const module = progress.modules.find((one) => one.id === meter.dataset.module);
    if (!module) continue;
    meter.firstElementChild.style.width = `${Math.min(100, (100 * module.minutes_done) / (module.minutes || 1))}%`;
    const words = meter.nextElementSibling;
    if (words?.matches(".gw-meter-words") && module.minutes_done) {
      words.textContent = fill(STRINGS.minutes, { done: module.minutes_done, all: module.minutes });
    }
  }
  for (const link of all(".gw-continue")) {
    if (!progress.continue) continue;
    link.href = new URL(progress.continue.href, ROOT);
    link.textContent = fill(STRINGS.next, progress.continue);
    link.hidden = false;
  }
  drawFinish();
}

/* Self-checks */

const lesson = document.querySelector('[data-app="finish"][data-lesson]')?.dataset.lesson
  ?? document.querySelector('li[data-page] > a[aria-current="page"]')?.parentElement.dataset.page ?? "";
const checks = new Map();

function known(id) {
  return (progress?.modules ?? []).some((module) => module.lessons.some((one) => one.answered?.includes(id)));
}

const waits = (id) => names("queue:").some((name) => recall(name)?.item === id);
const answered = (id) => Boolean(checks.get(id)?.model.get("result")) || known(id);

function mountCheck(section, widget) {
  const item = JSON.parse(section.querySelector("script.gw-item").textContent);
  const kept = recall(`answer:${item.id}`) ?? {};
  /* Under the portal its log decides what was answered; what it never got is open again. */
  if (PORTAL && progress && kept.result && !known(item.id) && !waits(item.id)) kept.result = null;
  const el = document.createElement("div");
  const note = document.createElement("p");
  note.className = "gw-note";
  note.hidden = !(PORTAL && known(item.id) && !kept.result);
  note.textContent = STRINGS.elsewhere;
  const model = createModel({ answer: null, result: null, confidence: null, ...kept, item, mode: "practice" }, (changed) => {
    const [answer, result, confidence] = ["answer", "result", "confidence"].map(model.get);
    keep(`answer:${item.id}`, { answer, result, confidence });
    if (memory.has(`answer:${item.id}`)) note.textContent = STRINGS.lossy;
    note.hidden = !memory.has(`answer:${item.id}`);
    if (!changed.has("result") || !result) return;
    practiced(item, model);
    if (!PORTAL) refresh();
    drawFinish();
  });
  section.id ||= `check-${item.id}`;
  widget.render({ model, el });
  section.append(note, el);
  section.querySelector(".gw-check-static").hidden = true;
  checks.set(item.id, { section, model, item });
}

/** Note an answer; only this browser's own log needs its score, the portal finds it itself. */
function practiced({ id, type }, model, more) {
  const [answer, result, confidence] = ["answer", "result", "confidence"].map(model.get);
  return post({
    type: "practice", item: id, ...(type !== "reflection" && { answer }), ...(confidence && { confidence }),
    ...(!PORTAL && { score: result.score }), ...more,
  });
}

async function mountChecks() {
  const sections = all("section.gw-check");
  if (!sections.length) return;
  const [{ default: widget }] = await Promise.all([import("./item.js"), dressed("item.css")]);
  for (const section of sections) {
    try {
      mountCheck(section, widget);
    } catch (error) {
      console.error("This self-check stays as plain text:", section.dataset.item, error);
    }
  }
}

/** Load a style sheet of ours unless the page already has it. */
function dressed(name) {
  const href = new URL(name, import.meta.url);
  if (all("link[rel=stylesheet]").some((link) => new URL(link.href).pathname === href.pathname)) return null;
  return new Promise((done) => {
    const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href, onload: done, onerror: done });
    document.head.append(link);
  });
}

window.addEventListener("storage", ({ key, newValue }) => {
  if (!key?.startsWith(shelf) || !newValue) return;
  const name = key.slice(shelf.length);
  const check = checks.get(name.replace(/^answer:/, ""));
  if (check) for (const [trait, value] of Object.entries(JSON.parse(newValue))) check.model.set(trait, value);
  if (!PORTAL && /^(answer|lesson):/.test(name)) refresh();
});

/* The end of a lesson */

let finish = null;

async function mountFinish(el) {
  const [{ h, sign }] = await Promise.all([import("./item.js"), dressed("item.css")]);
  const told = h("div", { class: "gw-finish-told", tabindex: "-1" });
  const press = h("button", { type: "button", class: "gw-button", click: end }, STRINGS.finish);
  const waits = () => h("p", {}, STRINGS.kept);
  const done = () => h("p", { class: "gw-told", "data-kind": "right" }, h("b", {}, sign("right"), STRINGS.finished), ...minutes());
  const minutes = () => {
    const found = progress?.modules.flatMap((module) => module.lessons).find((one) => one.id === lesson);
    return found?.minutes ? [" ", fill(STRINGS.minutesCount, found)] : [];
  };
  const isFinished = () => (progress ? statusOf(lesson, "lesson") : recall(`lesson:${lesson}`)?.status) === "finished";
  const say = (...nodes) => {
    told.replaceChildren(...nodes);
    told.focus();
  };
  async function end() {
    const ids = [...checks.keys()];
    const missing = open(ids, ids.filter(answered), (id) => checks.get(id).item.alternative_to ?? id);
    if (missing.length) {
      return say(h("p", {}, STRINGS.missing), h("ul", {}, missing.map((id) => checks.get(id)).map(({ section, item }) =>
        h("li", {}, h("a", { href: `#${section.id}` }, fill(STRINGS.open, { text: short(item.stem) }))))));
    }
    if (!PORTAL) keep(`lesson:${lesson}`, { status: "finished" });
    const id = await post({ type: "lesson_finished" });
    await refresh();
    if (isFinished()) say(done());
    else say(outcomes.get(id)?.reason ? h("p", {}, outcomes.get(id).reason) : waits());
  }
  el.classList.add("gw-finish");
  el.replaceChildren(press, told);
  finish = () => {
    const over = isFinished();
    const waiting = !over && unsent().has(lesson);
    press.hidden = over || waiting;
    const shown = press.hidden && (over ? "over" : "waits");
    if (shown && told.dataset.shown !== shown) told.replaceChildren(over ? done() : waits());
    told.dataset.shown = shown || "";
  };
  drawFinish();
}

const short = (text) => (text.length > 90 ? `${text.slice(0, 88).replace(/\s\S*$/, "")}…` : text).replaceAll("*", "");

function drawFinish() {
  finish?.();
}

/* Figures, apps, and time spent */

function mountFigures() {
  const live = all('.gw-figure[data-live="1"]').filter((figure) => /^[a-z0-9-]+$/.test(figure.dataset.figure));
  const near = new IntersectionObserver((seen) => {
    for (const { target, isIntersecting } of seen) {
      if (!isIntersecting) continue;
      near.unobserve(target);
      import(`./figures/${target.dataset.figure}.js`)
        .then(({ default: figure }) => figure.render({ model: createModel({}), el: target.querySelector(".gw-stage") }))
        .catch((error) => console.error("This figure stays as drawn:", target.dataset.figure, error));
    }
  }, { rootMargin: "600px" });
  live.forEach((figure) => near.observe(figure));
}

const site = {
  ROOT, PORTAL, shelf, api, token, uuid, keep, recall, forget, names, refresh, createModel, post, practiced, outcomes, dressed,
  progress: () => progress, course: async () => course ?? loadCourse(),
};

async function mountApps() {
  const apps = all(".gw-app").filter((el) => el.dataset.app !== "finish");
  if (!apps.length) return;
  const [{ mount }] = await Promise.all([import("./course.js"), dressed("item.css"), dressed("course.css")]);
  for (const el of apps) mount(el, site);
}

/** Count time in which somebody reads: the page in sight, and a sign of life now and then. */
function countActive() {
  const [STEP, ALIVE, MINUTE] = [15, 120_000, 60];
  let alive = Date.now();
  let seconds = 0;
  for (const sign of ["pointerdown", "keydown", "scroll"]) {
    document.addEventListener(sign, () => { alive = Date.now(); }, { passive: true, capture: true });
  }
  setInterval(() => {
    if (document.visibilityState !== "visible" || Date.now() - alive > ALIVE) return;
    seconds += STEP;
    if (seconds < MINUTE) return;
    post({ type: "active", seconds });
    seconds = 0;
  }, STEP * 1000);
}

/** The portal remembers the language that a learner chose; the link itself leads there. */
function rememberLanguage({ currentTarget }) {
  if (!PORTAL) return;
  fetch(new URL("api/me", PORTAL), {
    method: "PUT", keepalive: true, headers: { "Content-Type": "application/json", ...proof() }, body: JSON.stringify({ language: currentTarget.hreflang }),
  }).catch(() => {});
}

async function start() {
  weave();
  if (html.dataset.signIn ?? html.dataset.signedIn) import("./account.js").then(({ draw }) => draw(site));
  for (const link of all(".gw-tongue")) link.addEventListener("click", rememberLanguage);
  await mountChecks();
  const end = document.querySelector('.gw-app[data-app="finish"]');
  if (end) await mountFinish(end);
  mountFigures();
  rememberProgress();
  if (PORTAL) {
    const sendWaiting = () => names("queue:").length && send();
    window.addEventListener("online", sendWaiting);
    sendWaiting();
    if (end) countActive();
  } else {
    if (end) {
      keep("last", lesson);
      if (!recall(`lesson:${lesson}`)) keep(`lesson:${lesson}`, { status: "reading" });
    }
    await loadCourse();
    await refresh();
  }
  await mountApps();
  if (await navigator.serviceWorker?.getRegistration(ROOT)) (await import("./offline.js")).watch(site);
}

start();
