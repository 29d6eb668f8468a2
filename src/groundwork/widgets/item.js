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
  outOfOrder: "Out of order: it is number {n}.",
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
  picked: "Picked up: {where}. Arrow keys move it, Space puts it down, Escape puts it back.",
  moved: "{text}: {where}.",
  dropped: "Put down: {where}.",
  returned: "Put back: {where}.",
  place: "place {n} of {all}",
  nowhere: "nowhere yet",
  keep: "Keep this order",
  kept: "This order is your answer.",
  slider: "Estimate, in {unit}",
  source: "Where this number comes from:",
  number: "Or type it",
  legend: { mine: "Your estimate: {n} {unit}", true: "The number: {n} {unit}", band: "Counts in full: {low} to {high} {unit}" },
  says: "They say",
  you: "You say",
  next: "What happens",
  coach: "Coach's note",
  back: "Take back the last turn",
  restart: "Start again",
  end: "The conversation ends here.",
  yours: "Your path",
  recommended: "The recommended path",
  same: "You took the recommended path.",
  as: "As recommended.",
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

/**
 * Makes grips: Space or the pointer picks a thing up, arrow keys or the pointer move it, Space
 * or letting go puts it down, Escape puts it back, and each of these is said. `now` and `show`
 * read and set the answer as it stands; `step(id, by)` moves a thing and returns whether it
 * moved, `follow(id, to)` moves it with the pointer and returns whether it is over a target,
 * `where(id)` says where it is, and `done` hears whether anything changed.
 */
function grips({ say, now, show, step, follow, where, done }) {
  let held = null;
  const tell = (told, { id, text }) => say(fill(STRINGS[told], { text, where: where(id) }));
  const drop = (told) => {
    if (!held) return;
    const thing = held;
    held = null;
    clearInterval(thing.timer);
    thing.row.classList.remove("gw-held");
    thing.row.style.transform = "";
    thing.grip.setAttribute("aria-pressed", "false");
    if (told === "returned") {
      show(thing.before);
      thing.grip.focus();
    }
    done(String(JSON.stringify(thing.before)) !== String(JSON.stringify(now())));
    tell(told, thing);
  };
  const slide = () => {
    const { id, x, y, from, before } = held;
    held.over = follow(id, { x, y, dx: x - from[0], dy: y + scrollY - from[1], before });
  };
  /* Near an edge of the window, and over nothing, the page moves on while the pointer is still. */
  const creep = () => {
    const by = held.y < 60 ? -9 : held.y > innerHeight - 60 ? 9 : 0;
    if (!by || held.over) return;
    scrollBy(0, by);
    slide();
  };
  const grip = (row, id, words) => {
    const thing = { row, id, text: plain(words) };
    const lift = (more) => {
      held = { ...thing, ...more, before: now() };
      row.classList.add("gw-held");
      thing.grip.setAttribute("aria-pressed", "true");
    };
    const locked = () => thing.grip.getAttribute("aria-disabled") === "true";
    thing.grip = h("button", {
      type: "button", class: "gw-move gw-grip", "aria-pressed": "false", "aria-label": fill(STRINGS.pick, thing),
      click(event) {
        if (locked() || event.detail > 0) return;
        if (held) return drop("dropped");
        lift();
        tell("picked", thing);
      },
      keydown(event) {
        if (held?.id !== id) return;
        const by = { ArrowUp: -1, ArrowLeft: -1, ArrowDown: 1, ArrowRight: 1 }[event.key];
        if (by) step(id, by) && tell("moved", thing);
        else if (event.key === "Escape") drop("returned");
        else return;
        event.preventDefault();
        event.stopPropagation();
      },
      blur: () => drop("dropped"),
      pointerdown(event) {
        if (locked() || event.button !== 0) return;
        event.preventDefault();
        thing.grip.focus();
        thing.grip.setPointerCapture(event.pointerId);
        const { clientX: x, clientY: y } = event;
        if (!held) lift({ x, y, from: [x, y + scrollY], timer: setInterval(creep, 16) });
      },
      pointermove(event) {
        if (held?.id !== id || !held.from) return;
        held.x = event.clientX;
        held.y = event.clientY;
        slide();
      },
      pointerup: () => drop("dropped"),
      pointercancel: () => drop("returned"),
    }, sign("grip"));
    return thing.grip;
  };
  return { grip, drop };
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

/**
 * Match and sort: every card is put to one of some targets, by its own control or by its
 * grip. `control` makes a card's own one: its nodes, and get, set and lock.
 */
function placing(item, { uid, change, key, say }, { cards, targets, wanted, lead, control, frame, tray, holder }) {
  const rows = new Map();
  const read = () => {
    const placed = [...rows].map(([id, { get }]) => [id, get()]).filter(([, value]) => value);
    return placed.length ? Object.fromEntries(placed) : null;
  };
  const at = (id) => targets.findIndex((part) => part.id === id);
  const words = (id) => plain(targets[at(id)].text);
  const show = (answer) => {
    for (const [id, { set }] of rows) set(targets[at(Object(answer)[id])]?.id ?? "");
  };
  const places = targets.map((part) => h("li", {}, h("span", {}, inline(part.text))));
  const light = (i) => places.forEach((node, n) => node.classList.toggle("gw-over", n === i));
  const put = (id, i, before) => {
    light(i);
    rows.get(id).set(targets[i]?.id ?? before ?? "");
  };
  const { grip, drop } = grips({
    say, show, now: read,
    step(id, by) {
      const i = at(rows.get(id).get()) + by;
      return targets[i] && (put(id, i), true);
    },
    follow(id, { x, y, dx, dy, before }) {
      rows.get(id).card.style.transform = `translate(${dx}px, ${dy}px) scale(0.6)`;
      const i = places.findIndex((node) => {
        const box = node.getBoundingClientRect();
        return x > box.left && x < box.right && y > box.top && y < box.bottom;
      });
      put(id, i, Object(before)[id]);
      return i >= 0;
    },
    where: (id) => (rows.get(id).get() ? words(rows.get(id).get()) : STRINGS.nowhere),
    done(changed) {
      light(-1);
      if (changed) change(read());
    },
  });
  for (const part of cards) {
    const why = `${uid}-${part.id}-why`;
    const { nodes, ...own } = control(part, why, () => change(read()));
    const card = h(frame, { class: "gw-card" }, nodes);
    const handle = grip(card, part.id, part.text);
    card.firstChild.after(handle);
    rows.set(part.id, { card, handle, ...own, ...reasonSlot(card, why) });
  }
  return {
    node: h("div", { class: `gw-${item.type}` }, tray(places),
      h(holder, { class: "gw-rows" }, [...rows.values()].map(({ card }) => card))),
    show,
    lock(on) {
      drop("returned");
      for (const { lock, handle } of rows.values()) {
        lock(on);
        handle.setAttribute("aria-disabled", String(on));
      }
    },
    tell({ parts }, _, everything) {
      for (const [id, { tell }] of rows) {
        if (parts[id]) tell("right", STRINGS.fits, everything && key.why[id]);
        else tell("wrong", sentence(lead, words(wanted[id])), key.why[id]);
      }
    },
    hush: () => rows.forEach(({ hush }) => hush()),
  };
}

function match(item, tools) {
  const face = (id) => {
    const i = item.right.findIndex((part) => part.id === id);
    return i < 0 ? [STRINGS.choose] : [h("b", {}, `${letter(i)}. `), ...inline(item.right[i].text)];
  };
  return placing(item, tools, {
    cards: item.left, targets: item.right, wanted: item.key?.pairs, lead: STRINGS.goesWith, frame: "li", holder: "ul",
    tray: (places) => h("div", { class: "gw-partners" }, h("p", {}, STRINGS.partners), h("ol", {}, places)),
    control({ id, text }, why, keep) {
      const mark = `${tools.uid}-${id}`;
      const shown = h("span", { "aria-hidden": "true" });
      const select = h("select", { id: mark, "aria-describedby": why, change() {
        shown.replaceChildren(...face(select.value));
        keep();
      } },
      h("option", { value: "" }, STRINGS.choose),
      item.right.map((right, i) => h("option", { value: right.id }, `${letter(i)}. ${plain(right.text)}`)));
      return {
        nodes: [h("label", { for: mark }, inline(text)), h("div", { class: "gw-pick" }, shown, sign("down"), select)],
        get: () => select.value,
        set(value) {
          select.value = value;
          shown.replaceChildren(...face(value));
        },
        lock(on) {
          select.disabled = on;
        },
      };
    },
  });
}

const letter = (i) => String.fromCharCode(65 + i);

/** A lead that ends in an author's words ends in exactly one stop. */
const sentence = (lead, text) => fill(lead, { text: /[.!?…]["”’)]*$/.test(text) ? text : `${text}.` });

function sort(item, tools) {
  return placing(item, tools, {
    cards: item.cards, targets: item.categories, wanted: item.key?.category, lead: STRINGS.belongs, frame: "fieldset", holder: "div",
    /* Every card names the groups itself; the bins are for the eye and the pointer. */
    tray: (places) => h("div", { class: "gw-partners gw-bins", "aria-hidden": "true" }, h("ul", {}, places)),
    control({ id, text }, why, keep) {
      const inputs = item.categories.map((category) => h("input", {
        type: "radio", name: `${tools.uid}-${id}`, value: category.id, "aria-describedby": why, change: keep,
      }));
      return {
        nodes: [h("legend", {}, inline(text)), h("div", { class: "gw-pills" }, item.categories.map((category, i) =>
          h("label", {}, inputs[i], h("span", {}, inline(category.text)))))],
        get: () => inputs.find((input) => input.checked)?.value,
        set(value) {
          for (const input of inputs) input.checked = input.value === value;
        },
        lock(on) {
          for (const input of inputs) input.disabled = on;
        },
      };
    },
  });
}

function order(item, { uid, change, key, say, mode }) {
  const rows = new Map();
  const list = h("ol", { class: "gw-order" });
  const read = () => [...list.children].map((row) => row.dataset.id);
  let locked = false;

  const where = (id) => fill(STRINGS.place, { n: read().indexOf(id) + 1, all: rows.size });
  const refresh = () => {
    const ids = read();
    for (const [id, { handle, up, down }] of rows) {
      handle.setAttribute("aria-disabled", String(locked));
      up.setAttribute("aria-disabled", String(locked || id === ids[0]));
      down.setAttribute("aria-disabled", String(locked || id === ids.at(-1)));
    }
  };
  const arrange = (ids) => {
    list.append(...ids.map((id) => rows.get(id).row));
    refresh();
  };
  /* The neighbor moves, not the row: so focus and a held pointer stay on the row. */
  const step = (id, by) => {
    const { row } = rows.get(id);
    const other = by < 0 ? row.previousElementSibling : row.nextElementSibling;
    if (!other) return false;
    if (by < 0) row.after(other);
    else row.before(other);
    refresh();
    return true;
  };
  const commit = () => {
    keep.hidden = true;
    change(read());
  };
  const middle = (row) => {
    const box = row.getBoundingClientRect();
    return box.top + box.height / 2;
  };
  const { grip, drop } = grips({
    say, step, where, now: read, show: arrange,
    follow(id, { y }) {
      const { previousElementSibling: above, nextElementSibling: below } = rows.get(id).row;
      if (above && y < middle(above)) step(id, -1);
      else if (below && y > middle(below)) step(id, 1);
    },
    done: (changed) => changed && commit(),
  });
  const mover = (id, text, kind, by) => h("button", {
    type: "button", class: "gw-move", "aria-label": fill(STRINGS[kind], { text }),
    click(event) {
      if (event.currentTarget.getAttribute("aria-disabled") === "true") return;
      step(id, by);
      commit();
      say(fill(STRINGS.moved, { text, where: where(id) }));
    },
  }, sign(kind));

  for (const { id, text } of item.steps) {
    const row = h("li", { class: "gw-card", "data-id": id });
    const handle = grip(row, id, text);
    const [up, down] = [mover(id, plain(text), "up", -1), mover(id, plain(text), "down", 1)];
    row.append(h("div", { class: "gw-step" }, handle, h("span", {}, inline(text)), up, down));
    rows.set(id, { row, handle, up, down, ...reasonSlot(row, `${uid}-${id}`) });
  }
  const kept = h("p", { class: "gw-note", tabindex: "-1", hidden: true }, STRINGS.kept);
  const keep = button(STRINGS.keep, () => {
    commit();
    kept.hidden = false;
    kept.focus();
  }, { class: "gw-button gw-quiet", hidden: true });
  arrange(item.steps.map((one) => one.id));
  return {
    node: h("div", {}, list, mode === "quiz" && h("div", { class: "gw-actions" }, keep, kept)),
    read,
    show(answer) {
      const given = [answer].flat().filter((id, i, all) => rows.has(id) && all.indexOf(id) === i);
      keep.hidden = answer !== null;
      arrange([...given, ...item.steps.map((one) => one.id).filter((id) => !given.includes(id))]);
    },
    lock(on) {
      drop("returned");
      locked = on;
      refresh();
    },
    tell({ parts }, _, everything) {
      for (const [id, { tell }] of rows) {
        const n = key.order.indexOf(id) + 1;
        if (parts[id]) tell("right", fill(STRINGS.inOrder, { n }), everything && key.why[id]);
        else tell("wrong", fill(STRINGS.outOfOrder, { n }), key.why[id]);
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
  const sources = h("p", { class: "gw-source", hidden: true }, STRINGS.source, (item.sources ?? []).map(({ text, href }) =>
    [" ", href ? h("a", { href }, text) : text]).flat());
  card.append(sources);
  const told = (on) => {
    for (const node of [scale, legend]) node.hidden = !on;
    sources.hidden = !on || !item.sources?.length;
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
  const recommended = () => {
    const taken = [];
    for (let step = item.steps[0]; step?.choices.length && taken.length < steps.size;) {
      const choice = step.choices.find((one) => one.recommended);
      taken.push(choice.id);
      step = steps.get(choice.next);
    }
    return walk(taken).turns;
  };
  const side = (title, turns, mark) => h("section", {}, h("p", {}, h("b", {}, title)), h("ol", {}, turns.map(([, choice]) =>
    h("li", {}, h("p", {}, inline(choice.text)), h("p", { class: "gw-note" },
      mark && choice.recommended && [h("b", {}, sign("right"), STRINGS.as), " "], inline(choice.coach))))));
  const ending = (turns) => {
    const same = turns.every(([, choice]) => choice.recommended);
    return h("div", { class: "gw-ending" }, h("p", {}, h("b", {}, STRINGS.end), same && ` ${STRINGS.same}`),
      h("div", { class: "gw-paths" }, side(STRINGS.yours, turns, !same), !same && side(STRINGS.recommended, recommended())));
  };
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
      ...(open ? [h("div", { class: "gw-replies", role: "group", "aria-label": STRINGS.you }, waiting.choices.map((choice) =>
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
