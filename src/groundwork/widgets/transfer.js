/**
 * Progress as a file: what a learner did, taken from this browser or portal to another. An
 * event keeps its first id, so that brought twice it still counts once.
 */
import { fill, h } from "./item.js";
import { loadItems, ownLog } from "./review.js";
import { score } from "./score.js";

export const STRINGS = {
  title: "Take it with you",
  take: "Take my progress with me",
  takes: "A file with your answers, finished lessons, quiz results and reflections. It is yours; keep it where only you can read it.",
  bring: "Bring progress from a file",
  brings: "Takes in self-checks and finished lessons. Quiz results and reflections stay where they were made, because only the portal that scored a quiz can vouch for it.",
  tooLarge: "This file is larger than any progress file, so nothing was taken from it.",
  foreign: "This is not a progress file of Groundwork, so nothing was taken from it.",
  empty: "This file holds no self-check or finished lesson of this course, so nothing was taken from it.",
  taken: "Taken in: {answers} answers and {lessons} finished lessons.",
  repeated: "{n} were here already.",
  refused: "{n} could not be taken, for example: {reason}",
  unknown: "{n} belong to something this course does not have.",
  waiting: "{n} wait until the portal can be reached.",
  attempts: "{n} quiz results were left in the file.",
  unfit: "an answer that does not fit its question.",
  unfinished: "a lesson with a self-check still to answer.",
  unreachable: "The portal cannot be reached just now.",
};

const FORMAT = "groundwork-progress";
const MOST_BYTES = 5_000_000;
const MOST_ANSWER = 5_000;

/** The two ways, as a section; `brought` is told what became of a file. */
export function transfer(site, brought) {
  const status = h("p", { role: "status" });
  const file = h("input", {
    type: "file", id: "gw-bring", accept: ".json,application/json", "aria-describedby": "gw-brings",
    async change() {
      const [chosen] = file.files;
      if (!chosen) return;
      try {
        brought(await bring(site, chosen));
      } catch (problem) {
        status.textContent = problem instanceof Refusal ? problem.message : STRINGS.foreign;
        file.value = "";
      }
    },
  });
  const take = h("button", {
    type: "button", class: "gw-button gw-quiet", "aria-describedby": "gw-takes",
    async click() {
      const whole = await everything(site);
      status.textContent = whole ? "" : STRINGS.unreachable;
      if (whole) save(whole);
    },
  }, STRINGS.take);
  return h("section", { class: "gw-transfer" }, h("h2", {}, STRINGS.title),
    h("p", { id: "gw-takes" }, STRINGS.takes), h("div", { class: "gw-actions" }, take),
    h("p", { class: "gw-bring" }, h("label", { class: "gw-field", for: "gw-bring" }, STRINGS.bring), file),
    h("p", { class: "gw-note", id: "gw-brings" }, STRINGS.brings), status);
}

class Refusal extends Error {}

async function everything(site) {
  if (site.PORTAL) {
    const reply = await site.api("api/export").catch(() => null);
    return reply?.ok ? reply.body : null;
  }
  const reflections = site.names("reflection:").map((name) => ({ module: name.slice("reflection:".length), ...site.recall(name) }));
  const events = ownLog(site).map(({ score: _, ...event }) => event);
  return { format: FORMAT, version: 1, exported: new Date().toISOString(), events, attempts: [], reflections, records: [] };
}

function save(whole) {
  const url = URL.createObjectURL(new Blob([JSON.stringify(whole, null, 1)], { type: "application/json" }));
  h("a", { href: url, download: `groundwork-progress-${new Date().toISOString().slice(0, 10)}.json` }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** Take a file in and say in sentences what became of it. */
async function bring(site, file) {
  if (file.size > MOST_BYTES) throw new Refusal(STRINGS.tooLarge);
  const whole = JSON.parse(await file.text());
  if (whole?.format !== FORMAT || !Array.isArray(whole.events)) throw new Refusal(STRINGS.foreign);
  const course = await site.course();
  const lessons = new Map((course?.modules ?? []).flatMap((module) => module.lessons).map((one) => [one.id, one.items]));
  const wanted = whole.events.filter((event) => ["practice", "lesson_finished"].includes(event?.type));
  const known = wanted.map((event) => clean(event, lessons)).filter(Boolean).sort(inOrder);
  if (!known.length) throw new Refusal(STRINGS.empty);
  const told = await (site.PORTAL ? send : store)(site, known);
  await site.refresh();
  return report(told, { unknown: wanted.length - known.length, attempts: Array.isArray(whole.attempts) ? whole.attempts.length : 0 });
}

/** Only what an event may hold, or null where it is none of this course's. */
function clean({ id, type, lesson, at, item, answer, confidence }, lessons) {
  if (typeof id !== "string" || !/^[\w.:-]{1,64}$/.test(id) || !Number.isFinite(Date.parse(at))) return null;
  const event = { id, type, lesson, at: new Date(at).toISOString() };
  if (!lessons.has(lesson)) return null;
  if (type === "lesson_finished") return event;
  if (!lessons.get(lesson).includes(item) || (JSON.stringify(answer) ?? "").length > MOST_ANSWER) return null;
  return { ...event, item, ...(answer !== undefined && { answer }), ...([1, 2, 3].includes(confidence) && { confidence }) };
}

const inOrder = (a, b) => Date.parse(a.at) - Date.parse(b.at) || a.type.localeCompare(b.type) * -1;

/** Under the portal: through the queue, which outlives a lost connection. */
async function send(site, events) {
  const sent = await Promise.all(events.map((event) => site.post(event)));
  return sent.map((id, i) => ({ event: events[i], ...(site.outcomes.get(id) ?? { status: "waiting" }) }));
}

/** Without a portal: into this browser; an answer that is here stays. */
async function store(site, events) {
  const items = await loadItems();
  const here = new Set(ownLog(site).map((event) => event.id));
  const told = [];
  for (const event of events) {
    const outcome = here.has(event.id) ? { status: "repeated" } : await (event.item ? storeAnswer : storeLesson)(site, event, items);
    here.add(event.id);
    told.push({ event, ...outcome });
  }
  return told;
}

function storeAnswer(site, event, items) {
  const { item, answer = null, confidence = null } = event;
  const asked = Object.hasOwn(items, item) ? items[item] : null;
  const scored = Boolean(asked?.key);
  const found = scored ? score(asked, answer) : { score: null, problems: [] };
  if (!asked || found.problems.length || (scored && answer === null)) return { status: "refused", reason: STRINGS.unfit };
  site.post({ ...event, score: found.score });
  if (!site.recall(`answer:${item}`)?.result) {
    site.keep(`answer:${item}`, { answer, confidence, result: { score: found.score, max: scored ? 1 : 0, problems: [] } });
  }
  return { status: "accepted" };
}

async function storeLesson(site, event) {
  const now = await site.refresh();
  const lesson = now.modules.flatMap((module) => module.lessons).find((one) => one.id === event.lesson);
  if (lesson.missing.length) return { status: "refused", reason: STRINGS.unfinished };
  site.post(event);
  site.keep(`lesson:${event.lesson}`, { status: "finished" });
  return { status: "accepted" };
}

function report(told, { unknown, attempts }) {
  const of = (status) => told.filter((one) => one.status === status);
  const lessons = of("accepted").filter(({ event }) => event.type === "lesson_finished").length;
  const [refused] = of("refused");
  const some = (sentence, n, words = {}) => (n ? [fill(sentence, { n, ...words })] : []);
  return [
    fill(STRINGS.taken, { answers: of("accepted").length - lessons, lessons }),
    ...some(STRINGS.repeated, of("repeated").length),
    ...some(STRINGS.waiting, of("waiting").length),
    ...some(STRINGS.refused, of("refused").length, { reason: refused?.reason }),
    ...some(STRINGS.unknown, unknown),
    ...some(STRINGS.attempts, attempts),
  ].join(" ");
}
