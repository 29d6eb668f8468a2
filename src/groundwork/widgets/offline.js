/**
 * What a page does once parts of the book are kept on this device: it says when it is a
 * kept copy, and when a newer version is ready. It never loads anything by itself.
 */
import { notice } from "./notice.js";

export const STRINGS = {
  copy: "You are reading the copy kept on this device.",
  waits: "What you do waits in this browser and is sent when the portal can be reached.",
  newer: "A newer version is ready.",
  load: "Load it now",
};

const HOUR = 3_600_000;
const SAID = "gw-copy-said";
const { kept, portal } = document.documentElement.dataset;

/** Send a message to a worker and wait for its answer; `said` hears of progress before it. */
export function ask(worker, message, said = () => {}) {
  return new Promise((done) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => (data.ok || data.error ? done(data) : said(data));
    worker.postMessage(message, [port2]);
  });
}

/** The registration of this book's own worker, or nothing. */
export async function registered(root) {
  const found = await navigator.serviceWorker?.getRegistration(root);
  return found?.scope === root.href ? found : null;
}

/** Watch for a newer version while the page is open. */
export async function watch({ ROOT, PORTAL }) {
  const registration = await registered(ROOT);
  if (!registration?.active) return;
  if (kept !== undefined) sayCopy(PORTAL);
  if (portal !== undefined) ask(registration.active, { type: "portal", portal });
  const shown = kept ?? (await served(ROOT));
  const compare = async () => {
    const worker = navigator.serviceWorker.controller ?? registration.active;
    const { version } = await ask(worker, { type: "state" });
    if (shown && version && version !== shown) notice(STRINGS.newer, { [STRINGS.load]: () => location.reload() });
  };
  navigator.serviceWorker.addEventListener("controllerchange", compare);
  if (kept !== undefined) compare();
  let looked = Date.now();
  const look = () => {
    looked = Date.now();
    registration.update().catch(() => {});
  };
  addEventListener("online", look);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible" && Date.now() - looked > HOUR) look();
  });
}

/** The version that is served now, which is that of a page just loaded from there. */
async function served(root) {
  const reply = await fetch(new URL("_static/gw/version.json", root), { cache: "no-store" }).catch(() => null);
  return reply?.ok ? (await reply.json()).version : null;
}

function sayCopy(sends) {
  if (sessionStorage.getItem(SAID)) return;
  sessionStorage.setItem(SAID, "1");
  notice(sends ? `${STRINGS.copy} ${STRINGS.waits}` : STRINGS.copy);
}
