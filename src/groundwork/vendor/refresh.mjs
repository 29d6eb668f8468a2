/* Bundle the packages of package.json into credential.js, and write down what is in it. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { build } from "esbuild";

const OUT = "credential.js";
const made = await build({
  entryPoints: ["entry.mjs"],
  outfile: OUT,
  bundle: true,
  format: "esm",
  platform: "browser",
  target: "es2022",
  minify: true,
  legalComments: "none",
  charset: "utf8",
  metafile: true,
  logLevel: "warning",
});

/** The package a bundled file belongs to: the nearest package.json that has a name. */
function packageOf(file) {
  for (let folder = dirname(file); folder !== "."; folder = dirname(folder)) {
    const path = join(folder, "package.json");
    if (!existsSync(path)) continue;
    const { name, version, license } = JSON.parse(readFileSync(path, "utf8"));
    if (name && version) return { name, version, license, folder };
  }
  return null;
}

const { inputs } = made.metafile.outputs[OUT];
const found = new Map();
for (const [file, { bytesInOutput }] of Object.entries(inputs)) {
  const one = bytesInOutput > 0 && packageOf(file);
  if (one && file.includes("node_modules")) found.set(one.name, one);
}
const packages = [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
const licenses = packages.map(({ name, version, folder }) => {
  const file = ["LICENSE", "LICENSE.md", "license", "LICENSE.txt"].map((one) => join(folder, one)).find(existsSync);
  return `${name} ${version}\n${"-".repeat(name.length + version.length + 1)}\n\n${file ? readFileSync(file, "utf8").trim() : "(no license file)"}\n`;
});
writeFileSync("LICENSES.txt", licenses.join("\n\n"));
const record = {
  file: OUT,
  sha256: createHash("sha256").update(readFileSync(OUT)).digest("hex"),
  packages: packages.map(({ name, version, license }) => ({ name, version, license })),
};
writeFileSync("vendored.json", `${JSON.stringify(record, null, 2)}\n`);
