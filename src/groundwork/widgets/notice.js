/**
 * A strip at the foot of the window that says one thing and takes no focus: what was
 * happening on the page goes on. The newest replaces the one before.
 */
import { h } from "./item.js";

export const STRINGS = { label: "Notice", close: "Close" };

let strip = null;

/** Say a sentence; `acts` are the buttons beside it, by their words. */
export function notice(text, acts = {}) {
  strip ??= put();
  const buttons = Object.entries(acts).map(([words, click]) => h("button", { type: "button", class: "gw-button", click }, words));
  const close = h("button", { type: "button", class: "gw-button gw-quiet", click: hush }, STRINGS.close);
  const told = h("p", { role: "status" });
  strip.replaceChildren(told, h("div", { class: "gw-actions" }, buttons, close));
  strip.hidden = false;
  /* A live region is read when words come into it, not when it comes with its words. */
  setTimeout(() => told.replaceChildren(text), 50);
}

/** Take the strip away. */
export function hush() {
  if (strip) strip.hidden = true;
}

function put() {
  const made = h("section", { class: "gw-notice", "aria-label": STRINGS.label });
  document.body.append(made);
  if (document.querySelector("link[href$='/offline.css']")) return made;
  const href = new URL("offline.css", import.meta.url);
  document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href }));
  return made;
}
