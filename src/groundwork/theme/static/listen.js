// "Listen": the browser reads a section of a lesson aloud, where it has a voice for the page's
// language. One section at a time, sentence by sentence, so that pausing and a new speed take
// hold in every browser; nothing on the page moves or is marked while it reads.

export const STRINGS = {
  listen: "Listen",
  listenTo: "Listen to “{title}”",
  player: "Reading aloud: {title}",
  pause: "Pause",
  resume: "Go on",
  stop: "Stop",
  speed: "Speed",
  question: "A question follows.",
  picture: "A picture. {words}",
  sure: { high: "Strong evidence.", medium: "Some evidence.", contested: "Contested." },
};

const KEPT = "gw-speed";
const SPEEDS = ["0.8", "1", "1.2", "1.5"];
const CLAIM = ".gw-claim[data-confidence]";
const SILENT = "svg, script, button, sup, .gw-claim, .gw-facts, .gw-references, .gw-answers, .gw-app, .gw-player, [hidden]";
const PICTURE = ".gw-figure, .cell_output";
const PASSAGE = "p, li, h1, h2, h3, h4, h5, h6, dt, dd, blockquote";
const SENTENCE_END = /[.!?:…]["”’)]*$/;
const LANGUAGE = document.documentElement.lang.toLowerCase().split("-")[0] || "en";

const fill = (sentence, words) => sentence.replace(/\{(\w+)\}/g, (_, name) => words[name]);

/* ---------- what is said ---------- */

/** The words of a passage as sentences; what they rest on is said once, behind them. */
function words(passage) {
  const copy = passage.cloneNode(true);
  const sure = new Set([...copy.querySelectorAll(CLAIM)].map((claim) => STRINGS.sure[claim.dataset.confidence]));
  for (const part of copy.querySelectorAll(SILENT)) part.remove();
  const text = copy.textContent.replace(/\s+/g, " ").replace(/ ([.,;:!?])/g, "$1").trim();
  return text ? [SENTENCE_END.test(text) ? text : `${text}.`, ...sure].join(" ") : "";
}

// A picture is its message and its caption, never what is written along its axes.
function picture(figure) {
  const message = figure.querySelector(".gw-visually-hidden")?.textContent ?? figure.querySelector("svg[aria-label]")?.getAttribute("aria-label");
  const caption = figure.querySelector("figcaption");
  return fill(STRINGS.picture, { words: [message, caption && words(caption)].filter(Boolean).join(" ") });
}

const row = (line) => [...line.cells].map(words).filter(Boolean).join(" ");

/** What is said of a part of a page, in order. */
function passages(part) {
  if (part.matches(SILENT)) return [];
  if (part.matches(".gw-check")) return [STRINGS.question];
  if (part.matches(PICTURE)) return [picture(part)];
  if (part.matches("table")) return [...part.rows].map(row);
  if (part.matches(PASSAGE)) return [words(part)];
  return [...part.children].filter((child) => !child.matches("section:has(> h2)")).flatMap(passages);
}

/** What is said of a section, a sentence each; the sections in it that have a button are not in it. */
export function sentences(section) {
  const said = passages(section).filter((text, place, all) => text && text !== all[place - 1]);
  if (!Intl.Segmenter) return said;
  const cut = new Intl.Segmenter(LANGUAGE, { granularity: "sentence" });
  return said.flatMap((text) => [...cut.segment(text)].map((one) => one.segment.trim()));
}

/* ---------- who says it ---------- */

function voice() {
  const speaking = speechSynthesis.getVoices().filter((one) => one.lang.toLowerCase().split(/[-_]/)[0] === LANGUAGE);
  return speaking.find((one) => one.default) ?? speaking.find((one) => one.localService) ?? speaking[0];
}

function recallSpeed() {
  try {
    const kept = localStorage.getItem(KEPT);
    return SPEEDS.includes(kept) ? kept : "1";
  } catch {
    return "1"; // storage is shut off
  }
}

function rememberSpeed(speed) {
  try {
    localStorage.setItem(KEPT, speed);
  } catch {
    // as above
  }
}

/** One reading aloud: it pauses, goes on from the same sentence, and takes another speed. */
class Reading {
  #said;
  #ended;
  #at = 0;
  #saying = null; // the sentence under way; one that was cut off starts nothing when it ends

  constructor(said, ended) {
    this.#said = said;
    this.#ended = ended;
    this.speed = recallSpeed();
  }

  get going() {
    return this.#saying !== null;
  }

  go() {
    this.pause();
    if (this.#at >= this.#said.length) {
      this.#ended();
      return;
    }
    const saying = new SpeechSynthesisUtterance(this.#said[this.#at]);
    saying.voice = voice() ?? null;
    saying.lang = saying.voice?.lang ?? LANGUAGE;
    saying.rate = Number(this.speed);
    saying.onend = () => {
      if (saying !== this.#saying) return;
      this.#at += 1;
      this.#saying = null;
      this.go();
    };
    saying.onerror = () => {
      if (saying === this.#saying) this.#ended();
    };
    this.#saying = saying;
    speechSynthesis.speak(saying);
  }

  pause() {
    const cut = this.going;
    this.#saying = null;
    if (cut) speechSynthesis.cancel();
  }

  setSpeed(speed) {
    this.speed = speed;
    rememberSpeed(speed);
    if (this.going) this.go();
  }
}

/* ---------- the buttons ---------- */

let stop = () => {};

function element(name, content = [], more = {}) {
  const made = Object.assign(document.createElement(name), more);
  made.append(...[content].flat());
  return made;
}

function button(text, does, more = {}) {
  const made = element("button", text, { type: "button", ...more });
  made.addEventListener("click", does);
  return made;
}

function listen(opener, title, said) {
  stop();
  const finish = () => {
    const had = player.contains(document.activeElement);
    stop = () => {};
    reading.pause();
    player.remove();
    opener.hidden = false;
    if (had) opener.focus({ preventScroll: true });
  };
  const reading = new Reading(said, finish);
  const pause = button(STRINGS.pause, () => {
    if (reading.going) reading.pause();
    else reading.go();
    pause.textContent = reading.going ? STRINGS.pause : STRINGS.resume;
  });
  const speed = element("select", SPEEDS.map((value) => element("option", `${value}×`, { value })));
  speed.value = reading.speed;
  speed.addEventListener("change", () => reading.setSpeed(speed.value));
  const player = element("div", [pause, button(STRINGS.stop, finish), element("label", [STRINGS.speed, speed])], { className: "gw-player" });
  player.setAttribute("role", "group");
  player.setAttribute("aria-label", fill(STRINGS.player, { title }));
  player.addEventListener("keydown", (event) => {
    if (event.key === "Escape") finish();
  });
  opener.after(player);
  opener.hidden = true;
  pause.focus({ preventScroll: true });
  stop = finish;
  reading.go();
}

function hang(section) {
  const heading = section.querySelector(":scope > :is(h1, h2)");
  if (!heading || sentences(section).length < 2) return; // a heading alone, as over the references
  const title = heading.textContent.trim();
  const opener = button(element("span", STRINGS.listen), () => listen(opener, title, sentences(section)), { className: "gw-listen" });
  opener.setAttribute("aria-label", fill(STRINGS.listenTo, { title }));
  (section.querySelector(":scope > .gw-facts") ?? heading).after(opener);
}

function begin() {
  if (!voice() || document.querySelector(".gw-listen")) return;
  document.querySelectorAll(".gw-prose section:has(> :is(h1, h2))").forEach(hang);
}

addEventListener("pagehide", () => stop());
speechSynthesis.addEventListener("voiceschanged", begin);
begin();
