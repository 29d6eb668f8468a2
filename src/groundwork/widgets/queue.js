/**
 * What waits to be sent to a portal: practice answers, finished lessons, time, reflections.
 * Every entry is kept in this browser before anything else happens, under a name that sorts
 * by time. They are sent oldest first, one tab at a time where the browser can tell; a portal
 * that got one twice says so and counts it once. What got an answer is forgotten here.
 */
export const STRINGS = {
  stranger: "Somebody else is signed in here now. What you did waits in this browser until you sign in again.",
  reload: "Load this page again",
  ended: "You are no longer signed in. What you did waits in this browser until you sign in again.",
  arrived: "What waited in this browser has arrived.",
};

const FIRST_WAIT = 5_000;
const LONGEST_WAIT = 300_000;
const SETTLED = 300;
const BATCH = 40;
const REFUSED_WHOLE = [400, 413, 422];
/* Not an answer to what was sent: no session, somebody else's, too slow, too often. */
const LATER = [401, 403, 408, 412, 429];
const STRANGER = 412;
const SIGNED_OUT = 401;

export function createQueue({ api, names, recall, keep, forget, refresh, outcomes, shelf }) {
  let sending = Promise.resolve();
  let wait = FIRST_WAIT;
  let timer = null;
  let waited = names("queue:").length > 0;
  let warned = false;

  function send() {
    const pass = async () => {
      for (let batch = next(); batch.length; batch = next()) {
        if (!(await deliver(batch))) return later();
      }
      wait = FIRST_WAIT;
      if (waited) notify(STRINGS.arrived);
      waited = false;
    };
    const alone = () => (navigator.locks ? navigator.locks.request(`${shelf}send`, pass) : pass());
    sending = sending.then(alone, alone);
    return sending;
  }

  /** The oldest entries that can go together: a reflection by itself, events by the batch. */
  function next() {
    const waiting = names("queue:");
    for (const name of waiting.filter((one) => !recall(one))) forget(name);
    const found = waiting.filter(recall);
    const at = found.findIndex((name) => recall(name).type === "reflection");
    return found.slice(0, at < 0 ? BATCH : Math.min(BATCH, at || 1));
  }

  function later() {
    waited = true;
    clearTimeout(timer);
    timer = setTimeout(send, wait);
    wait = Math.min(wait * 2, LONGEST_WAIT);
  }

  /** Send one batch; return whether all of it got an answer. */
  async function deliver(batch) {
    const waiting = new Map(batch.map((name) => [name, recall(name)]).filter(([, event]) => event));
    const events = [...waiting.values()];
    if (!events.length) return true;
    if (events[0].type === "reflection") return deliverReflection(batch[0], events[0]);
    const reply = await api("api/events", { method: "POST", body: { events } }).catch(() => null);
    if (reply && REFUSED_WHOLE.includes(reply.status)) return deliverSingly(batch, reply);
    if (!reply?.ok) return refusedFor(reply);
    const told = new Map((reply.body?.results ?? []).map((one) => [one.id, one]));
    for (const [name, event] of waiting) {
      if (told.has(event.id)) settle(name, event.id, told.get(event.id));
    }
    if (events.some((event) => event.type !== "active")) await refresh();
    dispatchEvent(new Event("gw-sent"));
    return events.every((event) => told.has(event.id));
  }

  /** One bad event must not hold up the rest: alone it is refused, the others arrive. */
  async function deliverSingly(batch, reply) {
    if (batch.length === 1) {
      settle(batch[0], recall(batch[0])?.id, { status: "refused", reason: reasonOf(reply) });
      return true;
    }
    for (const name of batch) if (!(await deliver([name]))) return false;
    return true;
  }

  /** A reflection is a text that replaces one; `since` says which, so that none is lost. */
  async function deliverReflection(name, { id, module, text, met, since }) {
    const body = { text, met, since };
    const reply = await api(`api/reflections/${encodeURIComponent(module)}`, { method: "PUT", body }).catch(() => null);
    const draft = `reflection:${module}`;
    if (reply?.ok) {
      settle(name, id, { status: "accepted" });
      keep(`reflected:${module}`, reply.body.at);
      for (const other of names("queue:")) {
        const entry = recall(other);
        if (entry?.type === "reflection" && entry.module === module) keep(other, { ...entry, since: reply.body.at });
      }
      if (JSON.stringify(recall(draft)) === JSON.stringify({ text, met })) forget(draft);
    } else if (!reply || reply.status >= 500 || LATER.includes(reply.status)) {
      return refusedFor(reply);
    } else {
      settle(name, id, { status: "refused", reason: reasonOf(reply) });
      if (!recall(draft)) keep(draft, { text, met });
    }
    await refresh();
    dispatchEvent(new Event("gw-sent"));
    return true;
  }

  function settle(name, id, outcome) {
    outcomes.set(id, outcome);
    forget(name);
  }

  function refusedFor(reply) {
    if (![STRANGER, SIGNED_OUT].includes(reply?.status) || warned) return false;
    warned = true;
    notify(reply.status === STRANGER ? STRINGS.stranger : STRINGS.ended, { [STRINGS.reload]: () => location.reload() });
    return false;
  }

  function soon() {
    wait = FIRST_WAIT;
    if (names("queue:").length) send();
  }
  /* Another tab sent something: this one learns what became of it. */
  let heard = null;
  addEventListener("storage", ({ key, newValue }) => {
    if (!key?.startsWith(`${shelf}queue:`) || newValue) return;
    clearTimeout(heard);
    heard = setTimeout(() => refresh().then(() => dispatchEvent(new Event("gw-sent"))), SETTLED);
  });
  addEventListener("online", soon);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && soon());
  return { send };
}

const reasonOf = ({ body }) => {
  const detail = body?.detail;
  return Array.isArray(detail) ? detail.map((one) => one.msg ?? one).join(" ") : detail;
};

const notify = (...words) => import("./notice.js").then(({ notice }) => notice(...words)).catch(() => {});
