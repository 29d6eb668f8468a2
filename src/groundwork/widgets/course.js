/**
 * The learner's apps: quiz, reflection, progress and record. `host.js` mounts them and
 * hands over `site`: the portal's address and calls, what this browser keeps, progress.
 */
import widget, { fill, h, inline, paragraphs, sign } from "./item.js";

export const STRINGS = {
  needs: {
    quiz: "The quiz is scored by the Groundwork portal, so this page alone cannot give it. ",
    reflection: "To hand your reflection in, open this page in the Groundwork portal. ",
    record: "A completion record is made by the Groundwork portal, not by this page alone. ",
  },
  needsAccount: {
    quiz: "The quiz is kept for you, so it needs you signed in.",
    reflection: "To hand your reflection in, sign in.",
    record: "A completion record is made from what is kept for you, so it needs you signed in.",
  },
  signIn: "Sign in",
  start: ["On your own computer, start it with ", "make serve", "; in a cohort, ask your instructor for its address."],
  unreachable: "The portal cannot be reached just now.",
  scoredThere: "A quiz is scored by the portal, so it can be begun only when the portal can be reached.",
  draftHere: "The answers you have given are kept in this browser. You can go on with them now and send them when the portal can be reached.",
  retry: "Try again",
  refused: "The portal did not take this ({status}).",
  quiz: {
    count: "{n} questions, each worth one point.",
    mark: "You pass with {pass} of {n} points ({percent} percent).",
    clock: "There is no clock. Leave and come back: your answers wait in this browser.",
    told: "Afterward you are told your score, which answers were right, why the options you chose do or do not fit, and what to read again. All the reasons follow once you have passed.",
    retake: "You may take it as often as you like, on two forms in turn. Your best result counts.",
    best: "Taken: {attempts}. Your best: {score} of {max} points.",
    passed: "Passed.",
    begin: "Begin the quiz",
    again: "Take the quiz again",
    goOn: "Go on where you stopped",
    precheckTitle: "See first what you already know?",
    precheck: "The pre-check asks the same kinds of questions. It does not count, and tells you only where you stand, objective by objective.",
    takePrecheck: "Take the pre-check first",
    questions: "Questions",
    question: "Question {n}",
    of: "Question {n} of {all}",
    state: { open: "not answered", begun: "begun", done: "answered" },
    answered: "{done} of {all} answered",
    back: "Back",
    next: "Next",
    send: "Send my answers",
    leave: "Leave for now",
    unanswered: "Not answered in full: {list}. You can send your answers as they are, or go back first.",
    goTo: "Go to question {n}",
    anyway: "Send as it is",
    sending: "Sending your answers…",
    unsent: "Your answers could not be sent. They are kept in this browser and nothing is lost.",
    pass: "Passed: {score} of {max} points.",
    notYet: "Not passed yet: {score} of {max} points.",
    passMark: "The pass mark is {pass}.",
    after: "Below is what can be told now. Read again what the links point to, then take the other form.",
    afterPass: "Below are all the reasons.",
    other: "Take the other form",
    toReflection: "Go on to the reflection",
    toStart: "Back to the start of the quiz",
    precheckDone: "Pre-check: {score} of {max} points.",
    precheckAfter: "This does not count. It shows where the lessons may give you most.",
    objective: "Objective",
    points: "Points",
    pointsOf: "{score} of {max}",
    toLessons: "Start with the first lesson",
  },
  reflection: {
    label: "Your reflection",
    words: "{n} words",
    rubric: "Read it again. Which of these does it do?",
    privacy: "Only you can read this, and in a cohort your instructor. It needs no name and nothing else by which a family could be known.",
    local: "Your draft stays in this browser and is sent nowhere.",
    save: "Save my reflection",
    saved: "Saved.",
    before: "What was saved on {date}",
    savedOn: "Saved on {date}. You can change it and save again.",
    draft: "This draft is kept in this browser; it is not saved yet.",
    empty: "Write something first.",
    waits: "Kept in this browser. It will be sent when the portal can be reached again.",
  },
  progress: {
    portfolio: "My portfolio",
    portfolioHolds: "Your hours from here and from elsewhere, supervision, and what an association asks, in one place that only you see.",
    toPortfolio: "Open my portfolio",
    caption: "{done} of {all} minutes done",
    lesson: "Room",
    minutes: "Minutes",
    checks: "Self-checks",
    status: "How far",
    words: { not_started: "not started", reading: "begun", finished: "finished" },
    of: "{n} of {all}",
    quiz: "Quiz",
    best: "best: {score} of {max}",
    reflection: "Reflection",
    missing: "Still to do in {title}",
    complete: "{title} is complete.",
    areas: "Minutes by competency area",
    area: "Area",
    done: "Done",
    planned: "Of",
    records: "Your records",
    back: "What comes back",
    come: ["Nothing has come back today.", "One question has come back.", "{n} questions have come back."],
    toReview: "To the review page",
  },
  record: {
    name: "Name to print on your record",
    saveName: "Save the name",
    nameSaved: "Saved: {name}",
    nameEmpty: "Type your name first.",
    missing: "Before a record can be made:",
    above: "A record can be made once nothing is left to do in it; the list above says what is.",
    make: "Make my completion record",
    remake: "Make it again, with the name above",
    ready: "Your completion record is ready.",
    notClaimed: "The minutes of this module are not claimed as training hours, so no record is made of it.",
    files: { pdf: "PDF to print or send", json: "Credential (JSON) for a wallet or reviewer", png: "Badge picture (PNG)", page: "Its public page" },
    series: "The whole series",
    seriesWhat: "One record of all {n} modules and their {minutes} minutes, with the record of each module inside. It counts each minute once.",
    honest: "Made on your own computer, a record is self-issued: it shows that nothing was changed since, but nobody else vouches for it. A portal run by an organization issues in that organization’s name; the record says which.",
    not: "It is not Endorsement, not reflective supervision, and not licensure credit.",
  },
};

const points = (n) => String(Number(n.toFixed(2)));
const clear = (site, url) => new URL(url, site.PORTAL ?? site.ROOT);
const button = (text, click, quiet = false) =>
  h("button", { type: "button", class: quiet ? "gw-button gw-quiet" : "gw-button", click }, text);
const link = (text, href, quiet = true) => h("a", { class: quiet ? "gw-button gw-quiet" : "gw-button", href }, text);
const actions = (...nodes) => h("div", { class: "gw-actions" }, nodes);
const list = (texts) => (texts.length ? h("ul", {}, texts.map((text) => h("li", {}, text))) : "");
const moduleOf = (site, id) => site.progress()?.modules.find((one) => one.id === id);

/** One sentence from whatever the portal answered. */
function sentenceOf({ status, body }) {
  const detail = body?.detail ?? body?.message ?? body;
  if (typeof detail === "string") return detail;
  if (!Array.isArray(detail) || !detail.length) return fill(STRINGS.refused, { status });
  return detail.map((one) => one.msg ?? one).join(" ");
}

/** Replace what an app shows and put the reader at its beginning. */
function show(el, { focus = true }, ...nodes) {
  el.replaceChildren(...nodes.flat().filter(Boolean));
  if (!focus) return;
  const first = el.querySelector("[data-first]") ?? el.firstElementChild;
  first.tabIndex = -1;
  first.focus();
}

function needsPortal(kind) {
  const { signIn } = document.documentElement.dataset;
  if (signIn) return h("p", { class: "gw-note" }, STRINGS.needsAccount[kind], " ", h("a", { href: signIn }, STRINGS.signIn));
  const [before, command, after] = STRINGS.start;
  return h("p", { class: "gw-note" }, STRINGS.needs[kind], before, h("code", {}, command), after);
}

/* Quiz */

const draftName = (module) => `attempt:${module}`;

function quiz(el, site) {
  if (!site.PORTAL) return show(el, { focus: false }, needsPortal("quiz"));
  const draft = site.recall(draftName(el.dataset.module));
  const at = { el, site, module: el.dataset.module, draft };
  if (draft?.told) return tell(at, false);
  if (draft?.payload) return deliver(at);
  return introduce(at, false);
}

const save = ({ site, module, draft }) => (draft ? site.keep(draftName(module), draft) : site.forget(draftName(module)));
const askFor = ({ site, module }, purpose) => site.api(`api/quizzes/${encodeURIComponent(module)}?purpose=${purpose}`).catch(() => null);

/** Say what went wrong, with a way to try again. */
function stumble(at, text, again) {
  show(at.el, {}, h("p", {}, text), actions(button(STRINGS.retry, again)));
}

async function introduce(at, focus = true) {
  const { el, site, module } = at;
  const reply = await askFor(at, "quiz");
  if (!reply?.ok) return introduceAlone(at, reply, focus);
  const form = reply.body;
  const state = moduleOf(site, module);
  const { attempts = 0, best = null, passed = false } = state?.quiz ?? {};
  const all = form.items.length;
  const words = { n: all, pass: points(form.pass_share * all), percent: points(form.pass_share * 100) };
  const begun = at.draft && Object.keys(at.draft.answers).length > 0;
  const offer = !state?.precheck && !attempts && !begun;
  const T = STRINGS.quiz;
  show(el, { focus },
    attempts > 0 && h("p", { class: "gw-told", "data-kind": passed ? "right" : "partly" },
      passed && h("b", {}, sign("right"), T.passed, " "),
      best && fill(T.best, { attempts, score: points(best.score), max: points(best.max_score) })),
    h("ul", { class: "gw-terms" }, [T.count, T.mark, T.clock, T.told, T.retake].map((text) => h("li", {}, fill(text, words)))),
    offer && h("section", { class: "gw-offer", "aria-label": T.precheckTitle }, h("h2", {}, T.precheckTitle), h("p", {}, T.precheck),
      button(T.takePrecheck, () => begin(at, "precheck"), true)),
    actions(button(begun ? T.goOn : attempts ? T.again : T.begin, () => (begun ? take(at) : begin(at, "quiz", form)))));
}

/** The portal gives no form just now: say so, and lead on to answers that were begun. */
function introduceAlone(at, reply, focus) {
  const begun = at.draft && Object.keys(at.draft.answers).length > 0;
  const gone = !reply || reply.status >= 500;
  show(at.el, { focus },
    h("p", {}, reply ? sentenceOf(reply) : STRINGS.unreachable, " ", gone && STRINGS.scoredThere),
    begun && h("p", {}, STRINGS.draftHere),
    actions(begun && button(STRINGS.quiz.goOn, () => take(at)), button(STRINGS.retry, () => introduce(at), Boolean(begun))));
}

/** Fetch a form (unless given) and start an attempt on it; answers that fit it are kept. */
async function begin(at, purpose, given, { answers = {}, notice } = {}) {
  const reply = given ? { ok: true, body: given } : await askFor(at, purpose);
  if (!reply?.ok) return stumble(at, notice ?? (reply ? sentenceOf(reply) : STRINGS.unreachable), () => introduce(at));
  const { form, version, items, pass_share } = reply.body;
  const fits = Object.entries(answers).filter(([id]) => items.some((item) => item.id === id));
  at.draft = {
    purpose, form, version, items, pass_share, answers: Object.fromEntries(fits), now: 0,
    attempt_id: at.site.uuid(), started: new Date().toISOString(),
  };
  save(at);
  take(at, notice);
}

function stateOf(item, answer) {
  if (answer === null || answer === undefined) return "open";
  const needed = { match: item.left?.length, sort: item.cards?.length }[item.type];
  return needed && Object.keys(answer).length < needed ? "begun" : "done";
}

/** Counts, in the draft, how long each question is the one in hand; a pause counts for a minute. */
function stopwatch(draft) {
  const PAUSE = 60;
  let [held, since] = [null, 0];
  draft.seconds ??= {};
  return (id) => {
    const now = performance.now();
    if (held) {
      const passed = Math.min(PAUSE, (now - since) / 1000);
      draft.seconds[held] = Math.round(10 * ((draft.seconds[held] ?? 0) + passed)) / 10;
    }
    [held, since] = [id, now];
  };
}

function take(at, notice) {
  const { el, site, draft } = at;
  const T = STRINGS.quiz;
  const all = draft.items.length;
  const narrow = window.matchMedia("(max-width: 48rem)");
  const states = () => draft.items.map((item) => stateOf(item, draft.answers[item.id]));
  const count = h("p", { class: "gw-note gw-count" });
  const watch = stopwatch(draft);
  const numbers = draft.items.map((_, i) => h("button", { type: "button", click: () => go(i) }, `${i + 1}`));
  const entries = draft.items.map((item, i) => {
    const box = h("div", {});
    const entry = h("li", { focusin: () => watch(item.id), pointerdown: () => watch(item.id) }, h("h2", { tabindex: "-1" }, fill(T.of, { n: i + 1, all })), box);
    const model = site.createModel({ item, answer: draft.answers[item.id] ?? null, mode: "quiz", result: null }, () => {
      const answer = model.get("answer");
      if (answer === null) delete draft.answers[item.id];
      else draft.answers[item.id] = answer;
      watch(item.id);
      save(at);
      mark();
    });
    widget.render({ model, el: box });
    return entry;
  });
  const warning = h("div", { class: "gw-warning", role: "group", "aria-label": T.send, tabindex: "-1", hidden: true });
  const back = button(T.back, () => go(draft.now - 1), true);
  const next = button(T.next, () => go(draft.now + 1));
  const send = button(T.send, () => submit());
  const mark = () => {
    const known = states();
    count.textContent = fill(T.answered, { done: known.filter((one) => one === "done").length, all });
    numbers.forEach((node, i) => {
      node.dataset.state = known[i];
      node.setAttribute("aria-label", `${fill(T.question, { n: i + 1 })}, ${T.state[known[i]]}`);
      if (narrow.matches && i === draft.now) node.setAttribute("aria-current", "step");
      else node.removeAttribute("aria-current");
    });
  };
  const arrange = () => {
    const one = narrow.matches;
    const last = draft.now === all - 1;
    entries.forEach((entry, i) => {
      entry.hidden = one && i !== draft.now;
    });
    back.hidden = !one || draft.now === 0;
    next.hidden = !one || last;
    send.hidden = one && !last;
    mark();
  };
  const go = (i) => {
    draft.now = Math.max(0, Math.min(all - 1, i));
    save(at);
    warning.hidden = true;
    arrange();
    entries[draft.now].querySelector("h2").focus();
    entries[draft.now].scrollIntoView({ block: "start" });
  };
  const finish = () => {
    watch(null);
    const { attempt_id, form, purpose, version, answers, started, seconds } = draft;
    draft.payload = { attempt_id, module: at.module, form, purpose, version, answers, started, seconds, finished: new Date().toISOString() };
    save(at);
    narrow.removeEventListener("change", arrange);
    deliver(at);
  };
  const submit = () => {
    const open = states().flatMap((one, i) => (one === "done" ? [] : [i]));
    if (!open.length || draft.warned) return finish();
    draft.warned = true;
    save(at);
    warning.hidden = false;
    warning.replaceChildren(
      h("p", {}, fill(T.unanswered, { list: open.map((i) => i + 1).join(", ") })),
      actions(button(fill(T.goTo, { n: open[0] + 1 }), () => go(open[0])), button(T.anyway, finish, true)));
    warning.focus();
  };
  narrow.addEventListener("change", arrange);
  const leave = button(T.leave, () => {
    narrow.removeEventListener("change", arrange);
    introduce(at);
  }, true);
  show(el, { focus: false },
    notice && h("p", { class: "gw-told", "data-kind": "wrong", "data-first": true }, notice),
    h("nav", { class: "gw-numbers", "aria-label": T.questions }, h("ol", {}, numbers.map((node) => h("li", {}, node))), count),
    h("ol", { class: "gw-items" }, entries), warning, actions(back, next, send, leave));
  arrange();
  const first = el.querySelector("[data-first]") ?? entries[narrow.matches ? draft.now : 0].querySelector("h2");
  first.tabIndex = -1;
  first.focus();
}

/** Send the answers as they were when sending began: the same attempt, the same content. */
async function deliver(at) {
  const { el, site, draft } = at;
  const T = STRINGS.quiz;
  show(el, {}, h("p", { role: "status" }, T.sending));
  const reply = await site.api("api/attempts", { method: "POST", body: draft.payload }).catch(() => null);
  if (reply?.ok) {
    draft.told = reply.body;
    save(at);
    await site.refresh();
    return tell(at);
  }
  if (reply?.status === 409) {
    at.draft = null;
    save(at);
    return begin(at, draft.purpose, null, { answers: draft.answers, notice: sentenceOf(reply) });
  }
  if ([400, 413, 422].includes(reply?.status)) {
    draft.payload = null;
    save(at);
    return take(at, sentenceOf(reply));
  }
  const again = () => {
    window.removeEventListener("online", again);
    deliver(at);
  };
  window.addEventListener("online", again);
  stumble(at, reply ? `${sentenceOf(reply)} ${T.unsent}` : T.unsent, again);
}

function tell(at, focus = true) {
  if (at.draft.purpose === "precheck") return tellPrecheck(at, focus);
  const { el, site, draft } = at;
  const { told, items, payload } = draft;
  const T = STRINGS.quiz;
  const words = { score: points(told.score), max: points(told.max_score), pass: points(draft.pass_share * told.max_score) };
  const away = (next) => () => {
    at.draft = null;
    save(at);
    next(at);
  };
  const reflection = document.querySelector(`li[data-page="${CSS.escape(`${at.module}/reflection`)}"] a`)?.href;
  const reviews = items.filter((item) => told.items[item.id]).map((item) => {
    const box = h("div", {});
    const model = site.createModel({ item, answer: payload.answers[item.id] ?? null, mode: "reviewed", result: told.items[item.id] });
    widget.render({ model, el: box });
    return h("li", {}, h("h2", {}, fill(T.question, { n: items.indexOf(item) + 1 })), box);
  });
  show(el, { focus },
    h("h2", { class: "gw-told gw-outcome", "data-kind": told.passed ? "right" : "partly" }, sign(told.passed ? "right" : "partly"), fill(told.passed ? T.pass : T.notYet, words)),
    h("p", {}, !told.passed && `${fill(T.passMark, words)} `, told.passed ? T.afterPass : T.after),
    actions(
      told.passed && reflection && link(T.toReflection, reflection, false),
      !told.passed && button(T.other, away((now) => begin(now, "quiz"))),
      button(T.toStart, away(introduce), true)),
    h("ol", { class: "gw-items" }, reviews));
}

function tellPrecheck(at, focus) {
  const { told } = at.draft;
  const T = STRINGS.quiz;
  const first = moduleOf(at.site, at.module)?.lessons[0];
  const rows = Object.values(told.objectives ?? {}).map(({ text, score, max }) => h("tr", {},
    h("th", { scope: "row" }, inline(text)),
    h("td", {}, fill(T.pointsOf, { score: points(score), max: points(max) }), bar(max ? score / max : 0))));
  show(at.el, { focus },
    h("h2", { class: "gw-outcome" }, fill(T.precheckDone, { score: points(told.score), max: points(told.max_score) })),
    h("p", {}, T.precheckAfter),
    h("table", { class: "gw-measures" }, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, T.objective), h("th", { scope: "col" }, T.points))), h("tbody", {}, rows)),
    actions(first && link(T.toLessons, clear(at.site, first.href), false), button(T.toStart, () => {
      at.draft = null;
      save(at);
      introduce(at);
    }, true)));
}

function bar(share) {
  const fillIn = h("i", {});
  fillIn.style.width = `${Math.round(100 * Math.min(1, share))}%`;
  return h("span", { class: "gw-bar-line", "aria-hidden": "true" }, fillIn);
}

/* Reflection */

function reflection(el, site) {
  const T = STRINGS.reflection;
  const source = el.querySelector("script.gw-item");
  if (!source) return show(el, { focus: false }, ...[...el.childNodes], !site.PORTAL && needsPortal("reflection"));
  const item = JSON.parse(source.textContent);
  const name = `reflection:${el.dataset.module}`;
  const given = moduleOf(site, el.dataset.module)?.reflection ?? null;
  const draft = site.recall(name);
  const { text = "", met = [] } = draft ?? given ?? {};
  const status = h("p", { class: "gw-note", role: "status" });
  const count = h("p", { class: "gw-note", id: "gw-reflection-count" });
  const area = h("textarea", { id: "gw-reflection", rows: 9, "aria-describedby": "gw-reflection-count", input: typed });
  area.value = text;
  const boxes = item.rubric.map((_, i) => h("input", { type: "checkbox", change: typed }));
  boxes.forEach((box, i) => {
    box.checked = met[i] === true;
  });
  const read = () => ({ text: area.value, met: boxes.map((box) => box.checked) });
  function tally() {
    count.textContent = fill(T.words, { n: area.value.split(/\s+/).filter(Boolean).length });
  }
  function typed() {
    tally();
    site.keep(name, read());
    status.textContent = site.PORTAL ? T.draft : T.local;
  }
  async function put() {
    if (!area.value.trim()) {
      status.textContent = T.empty;
      return area.focus();
    }
    waiting = await site.post({ type: "reflection", module: el.dataset.module, ...read(), since: lastSaved() });
    told();
  }
  /* The later of the state this page came with and the one that the queue heard of since. */
  const lastSaved = () => [given?.at, site.recall(`reflected:${el.dataset.module}`)].filter(Boolean).sort((a, b) => Date.parse(a) - Date.parse(b)).at(-1) ?? "never";
  let waiting = site.names("queue:").map(site.recall).findLast((one) => one?.type === "reflection" && one.module === el.dataset.module)?.id;
  function told() {
    if (!waiting) return;
    const gone = !site.names("queue:").some((one) => site.recall(one)?.id === waiting);
    /* Another tab sent it: where it was refused, the text is a draft again. */
    const outcome = site.outcomes.get(waiting) ?? (gone && (site.recall(name) ? { reason: T.draft } : { status: "accepted" }));
    status.textContent = !outcome ? T.waits : outcome.status === "accepted" ? T.saved : outcome.reason;
    if (outcome) waiting = null;
  }
  window.addEventListener("gw-sent", told);
  if (waiting) told();
  else if (draft) status.textContent = site.PORTAL ? T.draft : T.local;
  else if (given?.at) status.textContent = fill(T.savedOn, { date: new Date(given.at).toLocaleDateString() });
  tally();
  show(el, { focus: false },
    h("div", { class: "gw-reflect" },
      paragraphs(item.stem).map((part) => h("p", {}, inline(part))),
      h("p", { class: "gw-note" }, T.privacy),
      h("label", { class: "gw-field", for: "gw-reflection" }, T.label), area, count,
      draft && given?.text && given.text !== draft.text && h("details", {},
        h("summary", {}, fill(T.before, { date: new Date(given.at).toLocaleDateString() })), paragraphs(given.text).map((part) => h("p", {}, part))),
      h("fieldset", { class: "gw-rubric" }, h("legend", {}, T.rubric),
        item.rubric.map((part, i) => h("label", {}, boxes[i], h("span", {}, inline(part))))),
      site.PORTAL ? actions(button(T.save, put)) : needsPortal("reflection"), status));
}

/* Progress: a house for each module, its rooms a table */

async function progress(el, site, told) {
  const [now, { calibration, counted }, { comeBack, ownLog }, { transfer }] = await Promise.all([
    site.refresh(), import("./calibration.js"), import("./review.js"), import("./transfer.js"),
  ]);
  if (!now) return;
  const T = STRINGS.progress;
  const page = document.querySelector(".gw-links a[href$='review.html']")?.href;
  const back = page && (await comeBack(site));
  const n = back?.due.length ?? 0;
  show(el, { focus: Boolean(told) },
    told && h("p", { class: "gw-brought", "data-first": true }, told),
    now.modules.map((module) => [
      h("section", { class: "gw-house" }, h("h2", {}, module.title), house(module), rooms(module, site)),
      module.status !== "not_started" && module.missing?.length > 0 && h("section", {}, h("h2", {}, fill(T.missing, module)), list(module.missing)),
      module.status === "complete" && h("p", { class: "gw-told", "data-kind": "right" }, h("b", {}, sign("right"), fill(T.complete, module))),
    ]).flat(),
    back && h("section", {}, h("h2", {}, T.back), h("p", {}, fill(T.come[Math.min(n, 2)], { n }), " ", h("a", { href: page }, T.toReview))),
    calibration(now.calibration ?? counted(ownLog(site))),
    now.minutes_by_area?.length > 0 && areas(now.minutes_by_area),
    site.PORTAL && h("section", {}, h("h2", {}, T.portfolio), h("p", {}, T.portfolioHolds, " ", h("a", { href: `${site.PORTAL}portfolio` }, T.toPortfolio))),
    transfer(site, (words) => progress(el, site, words)),
    site.PORTAL && !document.querySelector('[data-app="record"]') && h("section", {}, h("h2", {}, T.records), nameField(site), now.modules.filter((module) => module.record).map((module) =>
      h("div", {}, h("p", {}, h("b", {}, module.title)), files(module.record, site)))));
}

function rooms(module, site) {
  const T = STRINGS.progress;
  const row = (status, title, href, minutes, checks, words) => h("tr", { "data-status": status },
    h("th", { scope: "row" }, href ? h("a", { href }, title) : title), h("td", {}, minutes), h("td", {}, checks), h("td", {}, words));
  const page = (kind) => document.querySelector(`li[data-page="${CSS.escape(`${module.id}/${kind}`)}"] a`)?.href ?? clear(site, new URL(`${kind}.html`, clear(site, module.href)));
  const { quiz: tried = {}, reflection: written } = module;
  const lessons = module.lessons.map((lesson) => {
    const asked = lesson.answered.length + lesson.missing.length;
    return row(lesson.status, lesson.title, clear(site, lesson.href), lesson.minutes,
      asked ? fill(T.of, { n: lesson.answered.length, all: asked }) : "", T.words[lesson.status]);
  });
  const reflectionStatus = written?.complete ? "finished" : written ? "reading" : "not_started";
  const quizStatus = tried.passed ? "finished" : tried.attempts ? "reading" : "not_started";
  const best = tried.best ? `${T.words[quizStatus]}, ${fill(T.best, { score: points(tried.best.score), max: points(tried.best.max_score) })}` : T.words[quizStatus];
  const head = [T.lesson, T.minutes, T.checks, T.status].map((text) => h("th", { scope: "col" }, text));
  return h("div", { class: "gw-table", role: "region", tabindex: "0", "aria-label": module.title },
    h("table", { class: "gw-rooms" },
      h("caption", {}, fill(T.caption, { done: module.minutes_done, all: module.minutes })),
      h("thead", {}, h("tr", {}, head)),
      h("tbody", {}, lessons,
        row(quizStatus, T.quiz, page("quiz"), "", "", best),
        row(reflectionStatus, T.reflection, page("reflection"), "", "", T.words[reflectionStatus]))));
}

function areas(shares) {
  const T = STRINGS.progress;
  return h("section", {}, h("h2", {}, T.areas), h("table", { class: "gw-measures" },
    h("thead", {}, h("tr", {}, [T.area, T.done, T.planned].map((text) => h("th", { scope: "col" }, text)))),
    h("tbody", {}, shares.map(({ label, minutes, done }) => h("tr", {},
      h("th", { scope: "row" }, label), h("td", {}, points(done), bar(minutes ? done / minutes : 0)), h("td", {}, points(minutes)))))));
}

const FURNITURE = [
  "M50 22v16M34 56l9-18h14l9 18zM50 56v5",
  "M35 47a8 8 0 1 0 .1 0M23 92c0-36 24-36 24 0M66 61a6.5 6.5 0 1 0 .1 0M57 92c0-22 18-22 18 0M47 72l10 6",
  "M24 54h52M31 54V36h7v18M42 54V31h8v23M54 54l5-20 7 2-4 18M24 84h52M34 84V68h9v16M50 84V64h7v20",
  "M34 44v24h32V44c0-9-32-9-32 0M28 62v22h44V62M34 84v8M66 84v8",
  "M30 28h40v38H30zM50 28v38M30 47h40M26 66h48",
];

/** A picture of how far one is; the table below says the same in words. */
function house({ lessons, quiz: tried, reflection: written, record: held }) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const draw = (name, kind, attributes) => {
    const node = document.createElementNS(svg.namespaceURI, name);
    for (const [key, value] of Object.entries({ class: kind, ...attributes })) node.setAttribute(key, value);
    svg.append(node);
  };
  svg.setAttribute("viewBox", "0 0 640 250");
  svg.setAttribute("aria-hidden", "true");
  const [left, top, floor, door] = [2, 112, 250, 86];
  const width = (636 - door) / Math.max(1, lessons.length);
  if (held) draw("path", "gw-h-light", { d: "M520 24a26 26 0 1 0 .1 0" });
  lessons.forEach(({ status }, i) => {
    const x = left + i * width;
    const scale = Math.min(1.2, width / 96);
    if (status === "finished") {
      draw("path", "gw-h-lit", { d: `M${x} ${top}h${width}v${floor - top}h-${width}z` });
      draw("path", "gw-h-line", { d: FURNITURE[i % FURNITURE.length], transform: `translate(${x + width / 2 - 50 * scale} ${floor - 102 * scale - 8}) scale(${scale})` });
    }
    if (status === "reading") draw("path", "gw-h-half", { d: `M${x} ${floor - 62}h${width}v62h-${width}z` });
    draw("path", status === "not_started" ? "gw-h-plan" : "gw-h-wall", { d: `M${x} ${top}h${width}v${floor - top}M${x} ${top}v${floor - top}` });
  });
  draw("path", written?.complete ? "gw-h-lit" : "gw-h-none", { d: `M572 ${floor}v-86h46v86z` });
  draw("path", written?.complete ? "gw-h-line" : "gw-h-plan", { d: `M572 ${floor}v-86h46v86M608 ${floor - 40}v6` });
  draw("path", "gw-h-wall", { d: `M638.7 ${floor}V${top}M1.3 ${floor}V${top}` });
  draw("path", lessons.every((one) => one.status === "finished") ? "gw-h-wall" : "gw-h-plan", { d: "M1.3 112L320 8l318.7 104z" });
  draw("path", tried?.passed ? "gw-h-light" : "gw-h-none", { d: "M320 50a20 20 0 1 0 .1 0" });
  draw("path", tried?.passed ? "gw-h-line" : "gw-h-plan", { d: "M320 50a20 20 0 1 0 .1 0M320 50v40M300 70h40" });
  return svg;
}

/* Record */

function nameField(site) {
  const T = STRINGS.record;
  const input = h("input", { type: "text", id: "gw-name", autocomplete: "name", maxlength: 120 });
  const status = h("p", { class: "gw-note", role: "status" });
  let me = { name: "", language: "en" };
  input.value = site.progress()?.learner?.name ?? "";
  site.api("api/me").then((reply) => {
    if (!reply.ok) return;
    me = reply.body;
    if (!input.value) input.value = me.name ?? "";
  }).catch(() => {});
  const put = async () => {
    if (!input.value.trim()) {
      status.textContent = T.nameEmpty;
      return input.focus();
    }
    const body = { name: input.value.trim(), language: me.language };
    const reply = await site.api("api/me", { method: "PUT", body }).catch(() => null);
    if (!reply) status.textContent = STRINGS.unreachable;
    else status.textContent = reply.ok ? fill(T.nameSaved, { name: reply.body?.name ?? body.name }) : sentenceOf(reply);
  };
  return h("div", { class: "gw-name" }, h("label", { class: "gw-field", for: "gw-name" }, T.name),
    h("div", { class: "gw-actions" }, input, button(T.saveName, put, true)), status);
}

function files(record, site) {
  const known = Object.entries(STRINGS.record.files).filter(([kind]) => record[kind]);
  return h("ul", { class: "gw-files" }, known.map(([kind, text]) =>
    h("li", {}, h("a", { href: clear(site, record[kind]), download: kind === "page" ? null : "" }, text))));
}

/** The records of one module, or of all where the page names none. */
async function record(el, site) {
  if (!site.PORTAL) return show(el, { focus: false }, needsPortal("record"));
  const T = STRINGS.record;
  await site.refresh();
  const modules = (site.progress()?.modules ?? []).filter(({ id, claimed }) => (el.dataset.module ? id === el.dataset.module : claimed !== false));
  show(el, { focus: false }, nameField(site),
    modules.map((module) => h("section", { "aria-label": module.title }, modules.length > 1 && h("h3", {}, module.title), making(module, site))),
    !el.dataset.module && site.progress()?.series?.modules > 1 && wholeSeries(site.progress().series, site),
    h("div", { class: "gw-conditions" }, h("p", { class: "gw-note" }, T.honest), h("p", { class: "gw-note" }, T.not)));
}

/** The record of all modules at once. */
function wholeSeries(series, site) {
  const T = STRINGS.record;
  return h("section", { "aria-label": T.series }, h("h3", {}, T.series),
    h("p", { class: "gw-note" }, fill(T.seriesWhat, { n: series.modules, minutes: series.minutes })), making(series, site));
}

/** What is missing for a module's or the series' record, the button that makes it, or the record itself. */
function making(module, site) {
  const T = STRINGS.record;
  const box = h("div", { tabindex: "-1" });
  const ready = (made) => [h("p", { class: "gw-told", "data-kind": "right" }, h("b", {}, sign("right"), T.ready)), files(made, site)];
  const make = button(T.make, async () => {
    make.setAttribute("aria-disabled", "true");
    const reply = await site.api("api/records", { method: "POST", body: module.id ? { module: module.id } : { series: true } }).catch(() => null);
    make.removeAttribute("aria-disabled");
    const said = reply ? sentenceOf(reply) : STRINGS.unreachable;
    box.replaceChildren(...(reply?.ok ? ready(reply.body) : [h("p", {}, said), list(reply?.body?.missing ?? []), actions(make)]));
    box.focus();
    if (reply?.ok) site.refresh();
  });
  if (module.claimed === false) box.append(h("p", {}, T.notClaimed));
  else if (module.record) box.append(...ready(module.record), actions(button(T.remake, () => make.click(), true)));
  else if (module.missing.length && document.querySelector('[data-app="progress"]')) box.append(h("p", {}, T.above));
  else if (module.missing.length) box.append(h("p", {}, T.missing), list(module.missing));
  else box.append(actions(make));
  return box;
}

const review = async (el, site) => (await import("./review.js")).review(el, site);

const check = async (el, site) => (await import("./check.js")).check(el, site);

const keep = async (el, site) => (await import("./keep.js")).keep(el, site);

const offline = async (el, site) => (await import("./keep.js")).offline(el, site);

const APPS = { quiz, reflection, progress, record, review, check, keep, offline };

/** Mount the app that an element asks for; what it held before stays when it cannot be shown. */
export function mount(el, site) {
  return APPS[el.dataset.app]?.(el, site);
}
