/**
 * Shows one question of any kind. The same module runs in JupyterLab and Notebook
 * (through anywidget, see `item.py`) and in a page (through `host.js`, `course.js`).
 *
 * The model has `item`, `answer`, `mode` ("practice", "quiz" or "reviewed"),
 * `result` (null until checked or told), `confidence` (null, 1, 2 or 3) and, in a
 * notebook, `notice`: what the learner must know about how answers are kept.
 */
import { score } from "./score.js";

export const STRINGS = {
  rule: {
    single: "Choose one.",
    multiple: "Choose all that fit. A wrong pick takes away as much as a right one adds.",
    match: "Choose a partner for each. Each right pair earns its share.",
    order: "Put these in order. The longer the run in the right order, the more of the point.",
    sort: "Choose a group for each card. Each right card earns its share.",
    mark: "Press a phrase to mark it. A wrong mark takes away as much as a right one adds.",
    estimate: "Move the slider or type a number. The nearer, the more of the point.",
    scenario: "Choose what you would say. This is practice: nothing is scored.",
    reflection: "For you to write. No program scores it.",
  },
  right: "Right.",
  partly: "Partly right.",
  wrong: "Not yet.",
  verdict: {
    single: ["That one fits.", "The reason stands inside your choice."],
    multiple: ["You found all {all}.", "You found {right} of {all}.", "You found {right} of {all}; wrong picks: {wrong}."],
    mark: ["You marked all {all}, and nothing else.", "You marked {right} of {all}.", "You marked {right} of {all}; wrong marks: {wrong}."],
    match: ["All {all} pairs fit.", "{right} of {all} pairs fit."],
    sort: ["All {all} cards are where they belong.", "{right} of {all} cards are where they belong."],
    order: ["All {all} are in order.", "{right} of {all} are in the right order."],
    estimate: ["Close enough to count in full.", "Your estimate earns {share} percent of the point."],
  },
  chosenRight: "Your choice: it fits.",
  chosenWrong: "Your choice: not this one.",
  missed: "This one fits; you left it.",
  wanted: "This one fits.",
  notThis: "Not this one.",
  notOne: "Not one of them.",
  fits: "Fits.",
  goesWith: "Goes with: {text}",
  inOrder: "In order: it is number {n}.",
  place: "Out of order: it is number {n}.",
  belongs: "Belongs to: {text}",
  markedRight: "Marked, and it fits.",
  markedWrong: "Marked, but not one of them.",
  missedMark: "One of them; you left it.",
  check: "Check",
  again: "Try again",
  all: "All the reasons",
  reread: "Reread this part",
  hint: "Hint",
  sure: "How sure are you? (optional)",
  levels: ["Guessing", "Fairly sure", "Sure"],
  first: "Answer first, then check.",
  changed: "This question has changed since you answered it.",
  choose: "Choose…",
  partners: "To choose from",
  pick: "Move: {text}",
  up: "Move up: {text}",
  down: "Move down: {text}",
  picked: "Picked up. Place {n} of {all}. Arrow keys move it, Space puts it down, Escape puts it back.",
  placed: "{text}: place {n} of {all}.",
  dropped: "Put down at place {n} of {all}.",
  returned: "Put back at place {n} of {all}.",
  keep: "Keep this order",
  kept: "This order is your answer.",
  slider: "Estimate, in {unit}",
  number: "Or type it",
  legend: { mine: "Your estimate: {n} {unit}", true: "The number: {n} {unit}", band: "Counts in full: {low} to {high} {unit}" },
  says: "They say",
  you: "You say",
  next: "What happens",
  coach: "Coach's note",
  back: "Take back the last turn",
  restart: "Start again",
  end: "The conversation ends here. Your path beside the recommended one:",
  same: "As recommended.",
  other: "Recommended here:",
  practiceOnly: "This conversation is for practice only.",
  write: "Your text",
  words: "{n} words",
  looksFor: "What a reader looks for",
  blank: "You left this one blank.",
};

/* Small tools */

/**
 * Make an element. Strings become text nodes (never markup), functions become
 * listeners, null and false are left out.
 */
export function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(name, value);
    else if (value !== false && value !== null && value !== undefined) {
      node.setAttribute(name, value === true ? "" : value);
    }
  }
  /* JupyterLab looks for this on the focused element itself; else it takes the arrow keys. */
  if (node.tabIndex >= 0 || node.hasAttribute("tabindex")) node.dataset.lmSuppressShortcuts = "true";
  node.append(...children.flat().filter((child) => child !== null && child !== false && child !== ""));
  return node;
}

/** Put words into the places of a sentence of STRINGS. */
export const fill = (sentence, words) => sentence.replace(/\{(\w+)\}/g, (_, name) => words[name]);

/** Turn an author's text into nodes; `*words*` becomes emphasis, nothing else is markup. */
export function inline(text) {
  const pieces = String(text).split("*");
  if (pieces.length % 2 === 0) return [String(text)];
  return pieces.map((piece, i) => (i % 2 ? h("em", {}, piece) : piece));
}

/** Split an author's text at its blank lines. */
export const paragraphs = (text) => String(text).trim().split(/\n\s*\n/);

const plain = (text) => (text.split("*").length % 2 ? text.replaceAll("*", "") : text);

const SIGNS = {
  right: "M5.6 10.3l3 3.1 5.9-6.6",
  wrong: "M7 6.2h4.2a3.2 3.2 0 0 1 0 6.6H6.4m2.4-2.5-2.5 2.5 2.5 2.5",
  missed: "M5.6 10.3l3 3.1 5.9-6.6",
  partly: "M10 1.6a8.4 8.4 0 0 1 0 16.8z",
  grip: "M5 6.5h10M5 10h10M5 13.5h10",
  up: "M5 12l5-5 5 5",
  down: "M5 8l5 5 5-5",
};

/** Draw a sign; the words beside it say the same. */
export function sign(kind) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const draw = (name, attributes) => {
    const shape = document.createElementNS(svg.namespaceURI, name);
    for (const [key, value] of Object.entries(attributes)) shape.setAttribute(key, value);
    svg.append(shape);
  };
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("class", `gw-icon gw-icon-${kind}`);
  svg.setAttribute("aria-hidden", "true");
  if (!["grip", "up", "down"].includes(kind)) draw("circle", { cx: 10, cy: 10, r: 8.4 });
  draw("path", { d: SIGNS[kind] });
  return svg;
}

const ALLOWED = new Set(["P", "EM", "STRONG", "UL", "LI", "A", "SPAN"]);

/**
 * Turn feedback that the server rendered into nodes. Only a few elements pass, links
 * only to this site; anything else leaves its text behind.
 */
export function safeNodes(html) {
  const parsed = new DOMParser().parseFromString(html, "text/html");
  const copy = (node) => {
    if (node.nodeType === Node.TEXT_NODE) return [node.data];
    if (node.nodeType !== Node.ELEMENT_NODE) return [];
    const children = [...node.childNodes].flatMap(copy);
    if (!ALLOWED.has(node.tagName)) return children;
    const href = node.tagName === "A" && node.getAttribute("href");
    if (node.tagName === "A" && !/^(?!\/\/)[^:\\]*$/.test(href || "//")) return children;
    const name = node.tagName === "SPAN" && node.getAttribute("class");
    return [h(node.tagName.toLowerCase(), { href: href || null, class: name || null }, children)];
  };
  return [...parsed.body.childNodes].flatMap(copy);
}

const button = (text, click, attributes = {}) =>
  h("button", { type: "button", class: "gw-button", click, ...attributes }, text);

/** A place for a reason inside the thing it belongs to; `tell` fills it, `hush` empties it. */
function reasonSlot(card, id) {
  const slot = h("div", { class: "gw-why", id, hidden: true });
  const tell = (kind, lead, why) => {
    const [begin, ...rest] = paragraphs(why || "");
    card.dataset.kind = kind;
    slot.hidden = false;
    slot.replaceChildren(
      h("p", {}, lead && h("b", {}, kind !== "plain" && sign(kind), lead), lead && " ", inline(begin)),
      ...rest.map((text) => h("p", {}, inline(text))),
    );
  };
  const hush = () => {
    delete card.dataset.kind;
    slot.hidden = true;
    slot.replaceChildren();
  };
  card.append(slot);
  return { tell, hush };
}

/* The kinds of question. Each takes (item, tools) and returns a body:
   node; show(answer) puts an answer into the controls, whatever it is; lock(on);
   tell(result, answer, everything) sets the reasons; hush() takes them away. */

function choices(item, { uid, change, key }) {
  const one = item.type === "single";
  const cards = new Map();
  const read = () => {
    const ids = [...cards].filter(([, { input }]) => input.checked).map(([id]) => id);
    return one ? ids[0] ?? null : ids.length ? ids : null;
  };
  for (const option of item.options) {
    const why = `${uid}-${option.id}`;
    const input = h("input", {
      type: one ? "radio" : "checkbox",
      name: uid,
      value: option.id,
      "aria-describedby": why,
      change: () => change(read()),
    });
    const card = h("div", { class: "gw-card gw-option" },
      h("label", {}, input, h("span", {}, inline(option.text))));
    cards.set(option.id, { input, ...reasonSlot(card, why), card });
  }
  return {
    node: h("div", {}, [...cards.values()].map(({ card }) => card)),
    show(answer) {
      const picks = Array.isArray(answer) ? answer : [answer];
      for (const [id, { input }] of cards) input.checked = picks.includes(id);
    },
    lock(on) {
      for (const { input } of cards.values()) input.disabled = on;
    },
    tell(_, answer, everything) {
      const picks = [answer].flat();
      for (const [id, { tell }] of cards) {
        const right = key.correct.includes(id);
        const chosen = picks.includes(id);
        const why = key.why[id];
        if (chosen) tell(right ? "right" : "wrong", right ? STRINGS.chosenRight : STRINGS.chosenWrong, why);
        else if (right) tell("missed", one ? STRINGS.wanted : STRINGS.missed, why);
        else if (everything) tell("plain", one ? STRINGS.notThis : STRINGS.notOne, why);
      }
    },
    hush: () => cards.forEach(({ hush }) => hush()),
  };
}

function match(item, { uid, change, key }) {
  const rows = new Map();
  const letter = (i) => String.fromCharCode(65 + i);
  const face = (id) => {
    const i = item.right.findIndex((part) => part.id === id);
    return i < 0 ? [STRINGS.choose] : [h("b", {}, `${letter(i)}. `), ...inline(item.right[i].text)];
  };
  const read = () => {
    const pairs = [...rows].filter(([, { select }]) => select.value);
    return pairs.length ? Object.fromEntries(pairs.map(([id, { select }]) => [id, select.value])) : null;
  };
  for (const part of item.left) {
    const id = `${uid}-${part.id}`;
    const shown = h("span", { "aria-hidden": "true" }, STRINGS.choose);
    const select = h("select", { id, "aria-describedby": `${id}-why`, change: () => {
      shown.replaceChildren(...face(select.value));
      change(read());
    } },
    h("option", { value: "" }, STRINGS.choose),
    item.right.map((right, i) => h("option", { value: right.id }, `${letter(i)}. ${plain(right.text)}`)));
    const card = h("li", { class: "gw-card" },
      h("label", { for: id }, inline(part.text)),
      h("div", { class: "gw-pick" }, shown, sign("down"), select));
    rows.set(part.id, { card, select, shown, ...reasonSlot(card, `${id}-why`) });
  }
  const partner = (id) => plain(item.right.find((part) => part.id === id).text);
  return {
    node: h("div", { class: "gw-match" },
      h("div", { class: "gw-partners" }, h("p", {}, STRINGS.partners),
        h("ol", {}, item.right.map((part) => h("li", {}, h("span", {}, inline(part.text)))))),
      h("ul", { class: "gw-rows" }, [...rows.values()].map(({ card }) => card))),
    show(answer) {
      for (const [id, { select, shown }] of rows) {
        const value = Object(answer)[id];
        select.value = item.right.some((part) => part.id === value) ? value : "";
        shown.replaceChildren(...face(select.value));
      }
    },
    lock(on) {
      for (const { select } of rows.values()) select.disabled = on;
    },
    tell({ parts }, _, everything) {
      for (const [id, { tell }] of rows) {
        if (parts[id]) tell("right", STRINGS.fits, everything && key.why[id]);
        else tell("wrong", sentence(STRINGS.goesWith, partner(key.pairs[id])), key.why[id]);
      }
    },
    hush: () => rows.forEach(({ hush }) => hush()),
  };
}

/** A lead that ends in an author's words ends in exactly one stop. */
const sentence = (lead, text) => fill(lead, { text: /[.!?…]["”’)]*$/.test(text) ? text : `${text}.` });

function sort(item, { uid, change, key }) {
  const rows = new Map();
  const read = () => {
    const placed = [...rows].map(([id, { inputs }]) => [id, inputs.find((input) => input.checked)?.value]);
    const given = placed.filter(([, value]) => value);
    return given.length ? Object.fromEntries(given) : null;
  };
  for (const part of item.cards) {
    const name = `${uid}-${part.id}`;
    const inputs = item.categories.map((category) => h("input", {
      type: "radio", name, value: category.id, "aria-describedby": `${name}-why`,
      change: () => change(read()),
    }));
    const card = h("fieldset", { class: "gw-card" },
      h("legend", {}, inline(part.text)),
      h("div", { class: "gw-pills" }, item.categories.map((category, i) =>
        h("label", {}, inputs[i], h("span", {}, inline(category.text))))));
    rows.set(part.id, { card, inputs, ...reasonSlot(card, `${name}-why`) });
  }
  const group = (id) => plain(item.categories.find((part) => part.id === id).text);
  return {
    node: h("div", { class: "gw-sort" }, [...rows.values()].map(({ card }) => card)),
    show(answer) {
      for (const [id, { inputs }] of rows) {
        for (const input of inputs) input.checked = Object(answer)[id] === input.value;
      }
    },
    lock(on) {
      for (const { inputs } of rows.values()) for (const input of inputs) input.disabled = on;
    },
    tell({ parts }, _, everything) {
      for (const [id, { tell }] of rows) {
        if (parts[id]) tell("right", STRINGS.fits, everything && key.why[id]);
        else tell("wrong", sentence(STRINGS.belongs, group(key.category[id])), key.why[id]);
      }
    },
    hush: () => rows.forEach(({ hush }) => hush()),
  };
}

function order(item, { uid, change, key, say, mode }) {
  const rows = new Map();
  const list = h("ol", { class: "gw-order" });
  const read = () => [...list.children].map((row) => row.dataset.id);
  let locked = false;
  let held = null;

  const words = (id, extra = {}) => {
    const n = read().indexOf(id) + 1;
    return { n, all: rows.size, text: plain(rows.get(id).text), ...extra };
  };
  const refresh = () => {
    const ids = read();
    for (const [id, { up, down }] of rows) {
      up.setAttribute("aria-disabled", String(locked || id === ids[0]));
      down.setAttribute("aria-disabled", String(locked || id === ids.at(-1)));
    }
  };
  const arrange = (ids) => list.append(...ids.map((id) => rows.get(id).row));
  /* The neighbor moves, not the row: so focus and a held pointer stay on the row. */
  const swap = (row, step) => {
    const other = step < 0 ? row.previousElementSibling : row.nextElementSibling;
    if (!other) return false;
    if (step < 0) row.after(other);
    else row.before(other);
    refresh();
    return true;
  };
  const commit = () => {
    keep.hidden = true;
    change(read());
  };
  const drop = (sentenceToSay) => {
    if (!held) return;
    const { id, before } = held;
    const { row, grip } = rows.get(id);
    held = null;
    row.classList.remove("gw-held");
    grip.setAttribute("aria-pressed", "false");
    if (sentenceToSay === STRINGS.returned) arrange(before);
    refresh();
    if (sentenceToSay === STRINGS.returned) grip.focus();
    else if (String(before) !== String(read())) commit();
    say(fill(sentenceToSay, words(id)));
  };
  const lift = (id) => {
    held = { id, before: read() };
    rows.get(id).row.classList.add("gw-held");
    rows.get(id).grip.setAttribute("aria-pressed", "true");
  };
  const follow = (event) => {
    const { row } = rows.get(held.id);
    const middle = (other) => {
      const box = other.getBoundingClientRect();
      return box.top + box.height / 2;
    };
    const { previousElementSibling: above, nextElementSibling: below } = row;
    if (above && event.clientY < middle(above)) swap(row, -1);
    else if (below && event.clientY > middle(below)) swap(row, 1);
  };

  const handlers = (id) => ({
    click(event) {
      if (locked || event.detail > 0) return;
      if (held) drop(STRINGS.dropped);
      else {
        lift(id);
        say(fill(STRINGS.picked, words(id)));
      }
    },
    keydown(event) {
      if (held?.id !== id) return;
      const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
      if (step) {
        if (swap(rows.get(id).row, step)) say(fill(STRINGS.placed, words(id)));
      } else if (event.key === "Escape") drop(STRINGS.returned);
      else return;
      event.preventDefault();
      event.stopPropagation();
    },
    blur: () => drop(STRINGS.dropped),
    pointerdown(event) {
      if (locked || event.button !== 0) return;
      event.preventDefault();
      event.currentTarget.focus();
      event.currentTarget.setPointerCapture(event.pointerId);
      if (!held) lift(id);
    },
    pointermove: (event) => held?.id === id && event.currentTarget.hasPointerCapture(event.pointerId) && follow(event),
    pointerup: () => drop(STRINGS.dropped),
    pointercancel: () => drop(STRINGS.returned),
  });
  const mover = (id, text, kind, step) => h("button", {
    type: "button", class: "gw-move", "aria-label": fill(STRINGS[kind], { text: plain(text) }),
    click(event) {
      if (event.currentTarget.getAttribute("aria-disabled") === "true") return;
      swap(rows.get(id).row, step);
      commit();
      say(fill(STRINGS.placed, words(id)));
    },
  }, sign(kind));

  for (const { id, text } of item.steps) {
    const grip = h("button", {
      type: "button", class: "gw-move gw-grip", "aria-pressed": "false",
      "aria-label": fill(STRINGS.pick, { text: plain(text) }), ...handlers(id),
    }, sign("grip"));
    const [up, down] = [mover(id, text, "up", -1), mover(id, text, "down", 1)];
    const row = h("li", { class: "gw-card", "data-id": id },
      h("div", { class: "gw-step" }, grip, h("span", {}, inline(text)), up, down));
    rows.set(id, { row, grip, up, down, text, ...reasonSlot(row, `${uid}-${id}`) });
  }
  const kept = h("p", { class: "gw-note", tabindex: "-1", hidden: true }, STRINGS.kept);
  const keep = button(STRINGS.keep, () => {
    commit();
    kept.hidden = false;
    kept.focus();
  }, { class: "gw-button gw-quiet", hidden: true });
  arrange(item.steps.map((step) => step.id));
  refresh();
  return {
    node: h("div", {}, list, mode === "quiz" && h("div", { class: "gw-actions" }, keep, kept)),
    read,
    show(answer) {
      const given = [answer].flat().filter((id, i, all) => rows.has(id) && all.indexOf(id) === i);
      arrange([...given, ...item.steps.map((step) => step.id).filter((id) => !given.includes(id))]);
      keep.hidden = answer !== null;
      refresh();
    },
    lock(on) {
      drop(STRINGS.returned);
      locked = on;
      for (const { grip } of rows.values()) grip.setAttribute("aria-disabled", String(on));
      refresh();
    },
    tell({ parts }, _, everything) {
      for (const [id, { tell }] of rows) {
        const n = key.order.indexOf(id) + 1;
        if (parts[id]) tell("right", fill(STRINGS.inOrder, { n }), everything && key.why[id]);
        else tell("wrong", fill(STRINGS.place, { n }), key.why[id]);
      }
    },
    hush: () => rows.forEach(({ hush }) => hush()),
  };
}

function mark(item, { uid, change, key }) {
  const phrases = new Map();
  let locked = false;
  const read = () => {
    const ids = [...phrases].filter(([, { node }]) => node.getAttribute("aria-pressed") === "true");
    return ids.length ? ids.map(([id]) => id) : null;
  };
  const toggle = ({ currentTarget: node }) => {
    if (locked) return;
    node.setAttribute("aria-pressed", String(node.getAttribute("aria-pressed") !== "true"));
    change(read());
  };
  /* A span with the role, not a button: a button can not break across lines like text. */
  const phrase = ({ id, text }) => {
    const node = h("span", {
      role: "button", tabindex: "0", class: "gw-phrase", "aria-pressed": "false", click: toggle,
      keydown(event) {
        if (event.key !== " " && event.key !== "Enter") return;
        event.preventDefault();
        event.stopPropagation();
        toggle(event);
      },
    }, inline(text));
    const row = h("li", { class: "gw-card", hidden: true }, h("p", { class: "gw-quote" }, inline(text)));
    phrases.set(id, { node, row, ...reasonSlot(row, `${uid}-${id}`) });
    return node;
  };
  const passage = [h("p", {})];
  for (const segment of item.passage) {
    if (typeof segment !== "string") {
      passage.at(-1).append(phrase(segment));
      continue;
    }
    segment.split(/\n\s*\n/).forEach((text, i) => {
      if (i) passage.push(h("p", {}));
      passage.at(-1).append(...inline(text));
    });
  }
  const reasons = h("ul", { class: "gw-rows" }, [...phrases.values()].map(({ row }) => row));
  return {
    node: h("div", {}, h("div", { class: "gw-passage" }, passage), reasons),
    show(answer) {
      for (const [id, { node }] of phrases) node.setAttribute("aria-pressed", String([answer].flat().includes(id)));
    },
    lock(on) {
      locked = on;
      for (const { node } of phrases.values()) node.setAttribute("aria-disabled", String(on));
    },
    tell(_, answer, everything) {
      for (const [id, { node, row, tell }] of phrases) {
        const right = key.correct.includes(id);
        const marked = answer.includes(id);
        const kind = marked ? (right ? "right" : "wrong") : right ? "missed" : "plain";
        const lead = { right: STRINGS.markedRight, wrong: STRINGS.markedWrong, missed: STRINGS.missedMark, plain: STRINGS.notOne };
        if (kind === "plain" && !everything) continue;
        row.hidden = false;
        tell(kind, lead[kind], key.why[id]);
        if (kind === "plain" || node.dataset.kind) continue;
        node.dataset.kind = kind;
        node.prepend(sign(kind));
      }
    },
    hush() {
      for (const { node, row, hush } of phrases.values()) {
        hush();
        row.hidden = true;
        delete node.dataset.kind;
        node.querySelector(".gw-icon")?.remove();
      }
    },
  };
}

function estimate(item, { uid, change, key }) {
  const { min, max, unit } = item;
  const whole = Number.isInteger(min) && Number.isInteger(max) && max - min >= 10;
  const slider = h("input", {
    type: "range", min, max, step: whole ? 1 : (max - min) / 100, "aria-label": fill(STRINGS.slider, { unit }),
    input() {
      number.value = slider.value;
      take();
    },
  });
  const number = h("input", {
    type: "number", id: `${uid}-n`, step: "any", inputmode: "decimal",
    input() {
      if (number.value !== "") slider.value = number.value;
      take();
    },
  });
  const take = () => {
    slider.classList.toggle("gw-untouched", number.value === "");
    change(number.value === "" ? null : Number(number.value));
  };
  const card = h("div", { class: "gw-card gw-estimate" });
  const at = (value) => `${(100 * (Math.min(max, Math.max(min, value)) - min)) / (max - min)}%`;
  const piece = (name, left, right = left) => {
    const node = h("i", { class: name });
    node.style.left = at(left);
    if (right !== left) node.style.width = `calc(${at(right)} - ${at(left)})`;
    return node;
  };
  const scale = h("div", { class: "gw-scale", "aria-hidden": "true", hidden: true });
  card.append(
    h("div", { class: "gw-slide" }, slider, scale, h("div", { class: "gw-ends", "aria-hidden": "true" }, h("span", {}, `${min}`), h("span", {}, `${max} ${unit}`))),
    h("p", { class: "gw-number" }, h("label", { for: `${uid}-n` }, STRINGS.number), " ", number, ` ${unit}`),
  );
  const legend = h("ul", { class: "gw-legend", hidden: true });
  card.append(legend);
  const slot = reasonSlot(card, `${uid}-why`);
  const told = (on) => {
    for (const node of [scale, legend]) node.hidden = !on;
    for (const node of [slider, number.parentElement]) node.hidden = on;
  };
  return {
    node: card,
    show(answer) {
      const known = typeof answer === "number" && Number.isFinite(answer);
      number.value = known ? answer : "";
      slider.value = known ? answer : (min + max) / 2;
      slider.classList.toggle("gw-untouched", !known);
    },
    lock(on) {
      slider.disabled = number.disabled = on;
    },
    tell({ score: share }, mine) {
      const { value, tolerance } = key;
      const [low, high] = [Math.max(min, value - tolerance), Math.min(max, value + tolerance)];
      const words = (name, values) => h("li", {}, h("i", { class: `gw-${name}` }), fill(STRINGS.legend[name], { unit, ...values }));
      const n = (value_) => Number(value_.toPrecision(6));
      scale.replaceChildren(piece("gw-band", low, high), piece("gw-true", value), piece("gw-mine", mine));
      legend.replaceChildren(words("mine", { n: n(mine) }), words("true", { n: n(value) }), words("band", { low: n(low), high: n(high) }));
      told(true);
      slot.tell("plain", "", key.why);
      card.dataset.kind = share === 1 ? "right" : share > 0 ? "partly" : "wrong";
    },
    hush() {
      told(false);
      slot.hush();
    },
  };
}

function scenario(item, { change, done, again, mode }) {
  const steps = new Map(item.steps.map((step) => [step.id, step]));
  const box = h("div", { class: "gw-talk" });
  let path = [];

  const line = (kind, who, text, attributes = {}) =>
    h("div", { class: `gw-line gw-${kind}`, ...attributes }, h("b", {}, who), paragraphs(text).map((t) => h("p", {}, inline(t))));
  /** The turns taken so far as [step, choice], and the step that waits for a choice. */
  const walk = (taken) => {
    const turns = [];
    let step = item.steps[0];
    for (const id of taken) {
      const choice = step?.choices.find((one) => one.id === id);
      if (!choice) break;
      turns.push([step, choice]);
      step = steps.get(choice.next);
    }
    return { turns, waiting: step };
  };
  const go = (taken, focus) => {
    path = taken;
    again();
    draw();
    const { waiting } = walk(path);
    change(path.length ? path : null);
    if (!waiting?.choices.length) done();
    if (focus) (box.querySelector("[data-now]") ?? box).focus();
  };
  const ending = (turns) => h("div", { class: "gw-ending" },
    h("p", {}, h("b", {}, STRINGS.end)),
    h("ol", {}, turns.map(([step, choice]) => {
      const better = step.choices.find((one) => one.recommended);
      const verdict = choice.recommended
        ? [h("b", {}, sign("right"), STRINGS.same), " ", ...inline(choice.coach)]
        : [h("b", {}, sign("missed"), STRINGS.other), " ", ...inline(better.text), " ", ...inline(better.coach)];
      return h("li", {}, h("p", {}, inline(choice.text)), h("p", {}, verdict));
    })));
  const draw = () => {
    const { turns, waiting } = walk(path);
    const last = turns.length - 1;
    const open = waiting?.choices.length;
    box.replaceChildren(
      ...turns.flatMap(([step, choice], i) => [
        line("says", STRINGS.says, step.says),
        line("said", STRINGS.you, choice.text),
        line("next", STRINGS.next, choice.response, { tabindex: "-1", "data-now": i === last }),
        line("coach", STRINGS.coach, choice.coach),
      ]),
      ...(waiting ? [line("says", STRINGS.says, waiting.says, { tabindex: "-1", "data-now": !turns.length })] : []),
      ...(open ? [h("div", { class: "gw-replies" }, waiting.choices.map((choice) =>
        h("button", { type: "button", class: "gw-card gw-reply", click: () => go([...path, choice.id], true) }, h("span", {}, inline(choice.text)))))] : [ending(turns)]),
      h("div", { class: "gw-actions" }, turns.length > 0 && [
        button(STRINGS.back, () => go(path.slice(0, -1), true), { class: "gw-button gw-quiet" }),
        button(STRINGS.restart, () => go([], true), { class: "gw-button gw-quiet" }),
      ]),
    );
  };
  const show = (answer) => {
    path = walk([answer].flat()).turns.map(([, choice]) => choice.id);
    draw();
  };
  if (mode !== "practice") return still(h("p", { class: "gw-note" }, STRINGS.practiceOnly));
  return { ...still(box), show };
}

/** A body that has nothing to lock, tell or hush. */
const still = (node) => ({ node, show() {}, lock() {}, tell() {}, hush() {} });

function reflection(item, { uid, change, done, again, mode }) {
  const count = h("p", { class: "gw-note", id: `${uid}-count` });
  const area = h("textarea", {
    rows: 7, "aria-label": STRINGS.write, "aria-describedby": `${uid}-count`,
    input() {
      tally();
      again();
      change(area.value.trim() ? area.value : null);
    },
    change: () => mode === "practice" && area.value.trim() && done(),
  });
  const tally = () => {
    count.textContent = fill(STRINGS.words, { n: area.value.split(/\s+/).filter(Boolean).length });
  };
  return {
    ...still(h("div", {}, h("p", {}, h("b", {}, STRINGS.looksFor)),
      h("ul", {}, item.rubric.map((text) => h("li", {}, inline(text)))), area, count)),
    show(answer) {
      area.value = typeof answer === "string" ? answer : "";
      tally();
    },
    lock(on) {
      area.readOnly = on && mode === "reviewed";
    },
  };
}

const BODIES = { single: choices, multiple: choices, match, sort, order, mark, estimate, scenario, reflection };
const UNSCORED = ["scenario", "reflection"];

/* The frame around each kind */

const SENTENCES = /\S.*?[.!?…]["”’)]*(?=\s|$)/gs;
const ABBREVIATED = /\b(Dr|Mrs?|Ms|St|vs|e\.g|i\.e)\.$/;
const QUESTION = /\?["”’)]*$/;
const howMany = (text, sign) => text.split(sign).length - 1;

/** Whether a sentence opens every quotation and emphasis that it closes. */
const isWhole = (text) => howMany(text, "“") === howMany(text, "”") && !(howMany(text, '"') % 2) && !(howMany(text, "*") % 2);

/** The question itself, or else the last sentence, stands out from the situation before it. */
function legend(stem) {
  const texts = paragraphs(stem);
  const last = texts.pop();
  const sentences = last.match(SENTENCES) ?? [last];
  let from = sentences.findLastIndex((one) => QUESTION.test(one));
  if (from < 0) from = sentences.length - 1;
  const begins = (i) => isWhole(sentences.slice(i).join(" ")) && !ABBREVIATED.test(sentences[i - 1]);
  while (from > 0 && !begins(from)) from -= 1;
  const asked = from > 0 ? last.slice(last.indexOf(sentences[from])) : last;
  const before = [...texts, last.slice(0, last.length - asked.length).trim()].filter(Boolean);
  return h("legend", {}, before.map((text) => h("span", { class: "gw-situation" }, inline(text), " ")),
    h("span", { class: "gw-ask" }, inline(asked)));
}

function verdict(item, found, answer) {
  const { parts } = found;
  const right = Object.values(parts).filter(Boolean).length;
  const full = found.score >= 1 - 1e-9;
  const kind = full ? "right" : found.score > 1e-9 ? "partly" : "wrong";
  const all = { match: "left", sort: "cards", order: "steps" }[item.type];
  const wrong = ["multiple", "mark"].includes(item.type) ? answer.length - right : 0;
  const text = fill(STRINGS.verdict[item.type][full ? 0 : wrong ? 2 : 1], {
    right,
    wrong,
    all: all ? item[all].length : item.key.correct?.length,
    share: Math.round(found.score * 100),
  });
  return { kind, nodes: [h("b", {}, sign(kind), STRINGS[kind]), " ", text] };
}

function confidence(model, uid) {
  const inputs = STRINGS.levels.map((_, i) => h("input", {
    type: "radio", name: `${uid}-sure`, value: i + 1,
    change() {
      model.set("confidence", i + 1);
      model.save_changes();
    },
  }));
  const node = h("fieldset", { class: "gw-sure" }, h("legend", {}, STRINGS.sure),
    h("div", { class: "gw-pills" }, STRINGS.levels.map((text, i) => h("label", {}, inputs[i], h("span", {}, text)))));
  const show = () => inputs.forEach((input, i) => {
    input.checked = model.get("confidence") === i + 1;
  });
  const lock = (on) => inputs.forEach((input) => {
    input.disabled = on;
  });
  show();
  return { node, show, lock };
}

let made = 0;

/** Build the whole question for the model as it is now; return what follows its changes. */
function build(model, root) {
  const item = model.get("item");
  const mode = model.get("mode");
  const uid = `gw${(made += 1)}`;
  const live = h("p", { class: "gw-visually-hidden", role: "status" });
  const say = (text) => {
    live.textContent = live.textContent === text ? `${text}\u00a0` : text;
  };
  let mine = false;
  const set = (values) => {
    mine = true;
    for (const [name, value] of Object.entries(values)) model.set(name, value);
    model.save_changes();
    mine = false;
  };
  const body = BODIES[item.type](item, {
    uid, say, mode, key: item.key,
    change: (answer) => set({ answer }),
    done: () => set({ result: { score: null, max: 0 } }),
    again: () => model.get("result") && set({ result: null }),
  });
  const box = h("fieldset", { class: `gw-question gw-type-${item.type}` }, legend(item.stem),
    mode !== "reviewed" && h("p", { class: "gw-rule", id: `${uid}-rule` }, STRINGS.rule[item.type]), body.node);
  if (mode !== "reviewed") box.setAttribute("aria-describedby", `${uid}-rule`);
  root.replaceChildren(box);
  body.show(model.get("answer"));

  let react = () => {};
  if (mode === "reviewed") review(model, { item, root, body });
  else if (mode === "practice" && !UNSCORED.includes(item.type)) {
    react = practice(model, { item, root, body, set, say, uid });
  }
  const notice = h("p", { class: "gw-note", role: "status" });
  const warn = () => {
    notice.textContent = model.get("notice") ?? "";
  };
  warn();
  root.append(notice, live);
  return (name) => {
    if (name === "notice") warn();
    if (mine || name === "notice") return;
    if (name === "answer") body.show(model.get("answer"));
    react();
  };
}

function review(model, { item, root, body }) {
  const told = model.get("result");
  body.lock(true);
  if (!told) return;
  const kind = told.score >= told.max - 1e-9 ? "right" : told.score > 1e-9 ? "partly" : "wrong";
  const blank = model.get("answer") === null && !UNSCORED.includes(item.type);
  root.append(h("div", { class: "gw-told gw-feedback", "data-kind": kind }, sign(kind),
    h("div", {}, blank && h("p", {}, STRINGS.blank), safeNodes(told.feedback_html ?? ""))));
}

function practice(model, { item, root, body, set, say, uid }) {
  let everything = false;
  const sure = confidence(model, uid);
  const told = h("p", { class: "gw-told", tabindex: "-1", hidden: true });
  const note = h("p", { class: "gw-note", hidden: true });
  const hintText = h("p", { class: "gw-hint", id: `${uid}-hint`, hidden: true }, inline(item.hint ?? ""));
  const quiet = { class: "gw-button gw-quiet" };

  const check = button(STRINGS.check, () => {
    const answer = model.get("answer") ?? body.read?.() ?? null;
    if (answer === null) return remark(STRINGS.first);
    set({ answer, result: graded(score(item, answer)) });
    draw();
    told.focus();
  });
  const again = button(STRINGS.again, () => {
    set({ result: null, confidence: null });
    everything = false;
    draw();
    const first = box("input:checked") ?? box("input, select, button, [role=button]");
    first.focus();
  });
  const all = button(STRINGS.all, () => {
    everything = !everything;
    draw();
  }, quiet);
  const hint = button(STRINGS.hint, () => {
    hintText.hidden = !hintText.hidden;
    hint.setAttribute("aria-expanded", String(!hintText.hidden));
  }, { ...quiet, "aria-expanded": "false", "aria-controls": `${uid}-hint` });
  const reread = h("a", { class: "gw-reread", href: item.section_href ?? "" }, STRINGS.reread);
  const box = (selector) => root.querySelector(`.gw-question :is(${selector})`);
  const remark = (text) => {
    note.textContent = text;
    note.hidden = false;
    say(text);
  };

  const draw = () => {
    const answer = model.get("answer");
    const found = model.get("result") && answer !== null ? score(item, answer) : null;
    const open = !found || found.problems.length > 0;
    body.hush();
    body.lock(!open);
    sure.lock(!open);
    sure.show();
    note.hidden = true;
    for (const node of [check, sure.node]) node.hidden = !open;
    hint.hidden = !open || !item.hint;
    if (!open) hintText.hidden = true;
    for (const node of [again, all, told]) node.hidden = open;
    reread.hidden = open || !item.section_href;
    all.setAttribute("aria-pressed", String(everything));
    if (found?.problems.length) remark(STRINGS.changed);
    if (open) return;
    const { kind, nodes } = verdict(item, found, answer);
    told.dataset.kind = kind;
    told.replaceChildren(...nodes);
    body.tell(found, answer, everything);
    all.hidden = item.type === "estimate";
  };
  root.append(sure.node, hintText, note, told, h("div", { class: "gw-actions" }, check, hint, again, all, reread));
  draw();
  return draw;
}

const graded = (found) => ({ score: found.score, max: 1, problems: found.problems });

/** Show the model's item in `el`; return how to stop. */
function render({ model, el }) {
  const root = h("div", { class: "gw-item" });
  let react = build(model, root);
  const rebuild = () => {
    react = build(model, root);
  };
  const follow = Object.fromEntries(["answer", "result", "confidence", "notice"].map((name) => [name, () => react(name)]));
  for (const name of ["item", "mode"]) model.on(`change:${name}`, rebuild);
  for (const name of Object.keys(follow)) model.on(`change:${name}`, follow[name]);
  el.append(root);
  return () => {
    for (const name of ["item", "mode"]) model.off(`change:${name}`, rebuild);
    for (const name of Object.keys(follow)) model.off(`change:${name}`, follow[name]);
    root.remove();
  };
}

export default { render };
