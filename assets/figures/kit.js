/**
 * What every figure is made with.
 *
 * A drawing is plain data: `shape("path", { d, class: "f-line" })`. The same data is printed as
 * text for the static picture (draw.mjs) and put on the page by `live`, so the two cannot differ.
 * Figures carry classes only; how they look is in figures.css.
 */

const SVG = "http://www.w3.org/2000/svg";

/** One element of a drawing; children are other shapes or text, and absent ones are dropped. */
export function shape(tag, attributes = {}, ...children) {
  return { tag, attributes, children: children.flat(Infinity).filter((child) => child || child === 0) };
}

export const group = (attributes, ...children) => shape("g", attributes, ...children);
export const path = (className, d) => shape("path", { class: className, d });
export const line = (className, x1, y1, x2, y2) => path(className, `M${near(x1)} ${near(y1)}L${near(x2)} ${near(y2)}`);
export const dot = (className, cx, cy, r) => shape("circle", { class: className, cx: near(cx), cy: near(cy), r });
export const box = (className, x, y, width, height, rx = 0) =>
  shape("rect", { class: className, x: near(x), y: near(y), width: near(width), height: near(height), rx });
export const words = (className, x, y, text) => shape("text", { class: className, x: near(x), y: near(y) }, text);

/** Lines of text under each other, `step` apart. */
export const lines = (className, x, y, step, texts) => texts.map((text, i) => words(className, x, y + i * step, text));

/** The word that says a shape is not data. */
export const stamp = (x, y, text = "Schematic") => [
  box("f-line f-hair f-soft f-dash", x, y, text.length * 7.6 + 18, 24, 12),
  words("f-soft f-middle", x + text.length * 3.8 + 9, y + 16.8, text),
];

/** A point as drawn: a tenth of a unit is finer than anybody sees. */
export const near = (value) => Math.round(value * 10) / 10;

/** Points as a smooth path that never overshoots them (monotone cubic, after Fritsch and Carlson). */
export function smooth(points) {
  const slopes = points.slice(1).map(([x, y], i) => (y - points[i][1]) / (x - points[i][0]));
  const tangents = points.map((_, i) => {
    const [before, after] = [slopes[i - 1] ?? slopes[i], slopes[i] ?? slopes[i - 1]];
    return before * after <= 0 ? 0 : (2 * before * after) / (before + after);
  });
  const curves = points.slice(1).map(([x, y], i) => {
    const [x0, y0] = points[i];
    const third = (x - x0) / 3;
    const numbers = [x0 + third, y0 + third * tangents[i], x - third, y - third * tangents[i + 1], x, y];
    return `C${numbers.map(near).join(" ")}`;
  });
  return `M${points[0].map(near).join(" ")}${curves.join("")}`;
}

/** The two pictures of a figure in one state: for a wide place, then for a narrow one. */
export function variants(picture, state = picture.start) {
  return [true, false].map((wide) => {
    const { width, height, shapes } = picture.draw(state, wide);
    return shape("svg", {
      xmlns: SVG,
      class: `f-figure ${wide ? "f-wide" : "f-narrow"}`,
      viewBox: `0 0 ${width} ${height}`,
      role: "img",
      "aria-label": picture.label(state),
    }, shapes);
  });
}

/** A drawing as SVG text. */
export function markup(drawing) {
  if (typeof drawing !== "object") return escape(String(drawing));
  const { tag, attributes, children } = drawing;
  const inside = children.map(markup).join(tag === "svg" ? "\n" : "");
  const opening = `<${tag}${Object.entries(attributes).map(([name, value]) => ` ${name}="${escape(String(value))}"`).join("")}`;
  if (!inside) return `${opening}/>`;
  return tag === "svg" ? `${opening}>\n${inside}\n</${tag}>` : `${opening}>${inside}</${tag}>`;
}

function escape(text) {
  return text.replace(/[&<>"]/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[sign]);
}

/** Make a node on the page agree with a drawing, keeping what is already right so that changes can glide. */
function dress(node, { attributes, children }) {
  for (const { name } of [...node.attributes]) if (!(name in attributes)) node.removeAttribute(name);
  for (const [name, value] of Object.entries(attributes)) {
    if (name !== "xmlns" && node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
  }
  children.forEach((child, i) => place(node, node.childNodes[i], child));
  while (node.childNodes.length > children.length) node.lastChild.remove();
}

function place(parent, old, drawing) {
  const isText = typeof drawing !== "object";
  const fits = old && (isText ? old.nodeType === 3 : old.nodeName === drawing.tag);
  const node = fits ? old : isText ? document.createTextNode("") : document.createElementNS(SVG, drawing.tag);
  if (isText) node.data = String(drawing);
  else dress(node, drawing);
  if (fits) return;
  if (old) old.replaceWith(node);
  else parent.append(node);
}

function element(tag, className, attributes = {}) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

let count = 0;

/** A control is a function of `change(part of the state)` that returns its node and how to show a state. */
export const slider = ({ key, label, min, max, step, text, spoken = text, marks = [], called = "findings to show" }) => (change) => {
  const node = element("div", "gw-figure-slider");
  const id = `gw-figure-${(count += 1)}`;
  const name = element("label", "", { for: id });
  const value = element("span", "gw-figure-value", { "aria-hidden": "true" });
  const input = element("input", "", { type: "range", id, min, max, step });
  const buttons = marks.map((mark) => button(mark.text, () => change({ [key]: mark.value })));
  const row = element("div", "gw-figure-marks", { role: "group", "aria-label": `${label}: ${called}` });
  name.textContent = label;
  input.addEventListener("input", () => change({ [key]: Number(input.value) }));
  row.append(...buttons);
  node.append(name, value, input);
  if (marks.length) node.append(row);
  return {
    node,
    show(state) {
      input.value = state[key];
      value.textContent = text(state);
      input.setAttribute("aria-valuetext", spoken(state));
      buttons.forEach((each, i) => each.setAttribute("aria-pressed", marks[i].value === state[key]));
    },
  };
};

/** Two or more buttons of which one is pressed. */
export const choice = ({ key, label, options }) => (change) => {
  const node = element("div", "gw-figure-choice", { role: "group", "aria-label": label });
  const buttons = options.map((option) => button(option.text, () => change({ [key]: option.value })));
  node.append(...buttons);
  return {
    node,
    show(state) {
      buttons.forEach((each, i) => each.setAttribute("aria-pressed", options[i].value === state[key]));
    },
  };
};

/** Buttons that each lead from the state shown to another; `pressed(state)` makes one a switch, `titled` shows the label. */
export const moves = ({ label, buttons, titled = false }) => (change) => {
  const node = element("div", "gw-figure-moves", { role: "group", "aria-label": label });
  const title = element("span", "gw-figure-title", { "aria-hidden": "true" });
  title.textContent = label;
  if (titled) node.append(title);
  let now;
  const made = buttons.map((each) => button(each.text, () => change(each.next(now))));
  node.append(...made);
  return {
    node,
    show(state) {
      now = state;
      buttons.forEach(({ pressed }, i) => pressed && made[i].setAttribute("aria-pressed", pressed(state)));
    },
  };
};

function button(text, act) {
  const node = element("button", "", { type: "button" });
  node.textContent = text;
  node.addEventListener("click", act);
  return node;
}

/**
 * The widget of a picture that moves: `{ start, draw(state, wide), label(state), say(state), controls }`.
 * On a page it takes over the static picture in `el`; in a notebook it draws it itself.
 */
export function live(picture) {
  return {
    render({ el }) {
      const drawn = variants(picture);
      const found = el.querySelectorAll(":scope > svg.f-figure");
      const pictures = drawn.map((_, i) => found[i] ?? document.createElementNS(SVG, "svg"));
      const below = element("div", "gw-figure-controls");
      const said = element("output", "gw-figure-words", { "aria-live": "polite" });
      let state = picture.start;
      const change = (part) => {
        state = { ...state, ...part };
        show();
      };
      const controls = picture.controls.map((control) => control(change));
      function show() {
        variants(picture, state).forEach((variant, i) => dress(pictures[i], variant));
        controls.forEach((control) => control.show(state));
        said.textContent = picture.say(state);
      }

      for (const node of [...found].flatMap((each) => [...each.childNodes])) if (node.nodeType === 3) node.remove();
      el.classList.add("gw-stage");
      pictures.forEach((each, i) => found[i] ?? el.append(each));
      below.append(...controls.map((control) => control.node), said);
      pictures.at(-1).after(below);
      show();
      return () => {
        below.remove();
        drawn.forEach((variant, i) => dress(pictures[i], variant));
      };
    },
  };
}
