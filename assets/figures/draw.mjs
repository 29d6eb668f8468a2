/**
 * Write the static picture of every figure: `node draw.mjs`.
 * With `--check`, write nothing, name the pictures that are stale and exit 1.
 */

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { markup, variants } from "./kit.js";

const here = new URL("./", import.meta.url);
const check = process.argv.includes("--check");
const stale = [];

for (const file of readdirSync(here).sort()) {
  const { picture } = file === "draw.mjs" || !/\.m?js$/.test(file) ? {} : await import(new URL(file, here));
  if (!picture) continue;
  const target = new URL(file.replace(/\.m?js$/, ".svg"), here);
  const text = `${variants(picture).map(markup).join("\n")}\n`;
  if (text === current(target)) continue;
  stale.push(target.pathname.split("/").at(-1));
  if (!check) writeFileSync(target, text);
}

function current(target) {
  try {
    return readFileSync(target, "utf8");
  } catch {
    return "";
  }
}

if (stale.length) console.log(check ? `stale, run node assets/figures/draw.mjs: ${stale.join(" ")}` : `drawn: ${stale.join(" ")}`);
process.exitCode = check && stale.length ? 1 : 0;
