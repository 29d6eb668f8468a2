/** Windows, doors, roofs and leaves: what the figures' rooms are built of. */

import { box, group, line, near, path } from "./kit.js";

/** A window with a sill, with light in it or not. */
export function pane(x, y, width, height, lit = false) {
  const [middle, bar] = [x + width / 2, y + height * 0.42];
  return [
    group({ class: `f-fade${lit ? "" : " f-off"}` }, box("f-sun f-deep", x, y, width, height, 3)),
    box("f-line", x, y, width, height, 3),
    line("f-line", middle, y, middle, y + height),
    line("f-line", x, bar, x + width, bar),
    line("f-line f-strong", x - 7, y + height + 3, x + width + 7, y + height + 3),
  ];
}

/** A branch with leaves, `size` across, coming in from the upper right. */
export function branch(x, y, size) {
  const leaf = (along, up, turn) =>
    group(
      { transform: `translate(${near(x - along * size)} ${near(y + up * size)}) rotate(${turn}) scale(${Math.round(size) / 100})` },
      path("f-leaf f-deep f-line", "M0 0C6 -9 18 -9 24 0C18 9 6 9 0 0Z"),
    );
  return group({},
    path("f-line f-leaf", `M${near(x)} ${near(y)}C${near(x - size * 0.3)} ${near(y + size * 0.05)} ${near(x - size * 0.6)} ${near(y + size * 0.3)} ${near(x - size * 0.8)} ${near(y + size * 0.42)}`),
    leaf(0.2, 0.06, 75), leaf(0.32, 0.1, 200), leaf(0.52, 0.22, 80), leaf(0.62, 0.28, 205), leaf(0.8, 0.42, 140),
  );
}

/** A home with a pitched roof and somebody in, its ground line centered on x. */
export function home(x, y, width, className = "f-line f-skin") {
  const [half, wall, peak] = [width / 2, width * 0.62, width * 1.02];
  return [
    path(className, `M${near(x - half)} ${near(y)}V${near(y - wall)}L${near(x)} ${near(y - peak)}L${near(x + half)} ${near(y - wall)}V${near(y)}Z`),
    box("f-line f-hair f-sun f-deep", x - width * 0.28, y - width * 0.52, width * 0.22, width * 0.24, 1),
    box("f-line f-hair", x - width * 0.28, y - width * 0.52, width * 0.22, width * 0.24, 1),
    path("f-line", `M${near(x + width * 0.1)} ${near(y)}V${near(y - width * 0.42)}H${near(x + width * 0.32)}V${near(y)}`),
  ];
}

/** A large plain building with rows of windows, its ground line centered on x. */
export function block(x, y, width, height) {
  const [columns, rows] = [Math.round(width / 22), Math.round(height / 26)];
  const [across, down] = [width / columns, height / rows];
  const windows = Array.from({ length: columns * rows }, (_, i) =>
    box("f-line f-hair", x - width / 2 + (i % columns) * across + across / 2 - 4, y - height + Math.floor(i / columns) * down + down / 2 - 6, 8, 12, 1));
  return [box("f-line f-skin", x - width / 2, y - height, width, height, 2), windows];
}

/** A door seen from the front, its sill centered on x; `open` from 0 to 1 swings it inward, toward the light. */
export function door(x, y, width, height, open = 0, className = "f-line") {
  const [left, top, turn] = [x - width / 2, y - height, (open * 80 * Math.PI) / 180];
  const [edge, drop] = [left + width * Math.cos(turn), width * 0.22 * Math.sin(turn)];
  const knob = left + (edge - left) * 0.84;
  return [
    group({ class: `f-fade${open ? "" : " f-off"}` }, box("f-sun f-deep", left, top, width, height)),
    path(`${className} f-blank`, `M${near(left)} ${near(top)}L${near(edge)} ${near(top + drop)}V${near(y - drop)}L${near(left)} ${near(y)}Z`),
    line(`${className} f-strong`, knob, y - height * 0.47, knob, y - height * 0.47 + Math.max(1.5, height * 0.04)),
    path(className, `M${near(left)} ${near(y)}V${near(top)}H${near(left + width)}V${near(y)}`),
  ];
}
