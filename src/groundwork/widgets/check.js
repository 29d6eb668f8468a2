/*
 * Checks a completion record on this page: the file stays in this browser, and no other host
 * is asked. `check-worker.js` says what is proven; here it is put into words.
 */
import { h } from "./item.js";

const SECONDS = 5;
const WORDS = {
  valid: "Valid",
  revoked: "Revoked",
  expired: "Expired",
  tampered: "Changed",
  unknown_issuer: "Unknown issuer",
  status_unknown: "Not certain",
  unreadable: "Unreadable",
  could_not_check: "Could not check",
};
const VOUCHES = { listed: "It is on this site’s list.", self: "It is this site itself.", unknown: "Nobody here." };
const PAGES = {
  pdf: "The page of the PDF is not proven, only the credential attached to it: read what is shown here, not what the page says.",
  png: "The picture proves nothing; read what is shown here.",
};

export function check(el, site) {
  const result = h("div", {});
  const file = h("input", { type: "file", id: "gw-check-file", accept: ".pdf,.png,.json,application/pdf,image/png,application/json" });
  const go = h("button", { type: "submit", class: "gw-button" }, "Check it");
  const said = h("p", { role: "status", class: "gw-note" });
  const form = h("form", {
    submit: async (event) => {
      event.preventDefault();
      if (!file.files.length) {
        said.textContent = "Choose a file first.";
        return file.focus();
      }
      go.disabled = true;
      said.textContent = "Checking …";
      result.replaceChildren();
      const verdict = await examine(file.files[0], site).catch(() => ({ status: "unreadable", reasons: ["This browser could not check the file."] }));
      go.disabled = false;
      said.textContent = "";
      show(result, verdict);
    },
  },
  h("p", {}, h("label", { for: "gw-check-file" }, "Record (PDF, PNG or JSON, at most 5 MB)")),
  h("p", {}, file),
  h("p", {}, go), said);
  el.replaceChildren(result, form);
}

/** Ask a worker; one that takes too long is ended, and the file called unreadable. */
async function examine(file, site) {
  if (file.size > 5 * 1024 * 1024) return { status: "unreadable", reasons: ["The file is larger than 5 MB; no record is."] };
  const root = new URL(site.ROOT, document.baseURI);
  const read = (name) => fetch(new URL(`_static/vendor/${name}`, root)).then((reply) => reply.json());
  const [contexts, issuers, bytes] = await Promise.all([read("contexts.json"), read("issuers.json"), file.arrayBuffer()]);
  const known = {
    contexts, issuers, host: location.host.toLowerCase(), origin: location.origin,
    document: new URL("/.well-known/did.json", location.origin).href,
  };
  const worker = new Worker(new URL("./check-worker.js", import.meta.url), { type: "module" });
  let clock;
  try {
    return await new Promise((resolve, reject) => {
      clock = setTimeout(() => resolve({ status: "unreadable", reasons: ["Checking it took too long, as no record does, so it was stopped."] }), SECONDS * 1000);
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = reject;
      worker.postMessage({ bytes, known }, [bytes]);
    });
  } finally {
    clearTimeout(clock);
    worker.terminate();
  }
}

function show(box, verdict) {
  const proven = verdict.proven;
  const word = verdict.status === "unknown_issuer" && !proven ? "could_not_check" : verdict.status;
  const heading = h("h2", { class: "gw-verdict", "data-status": verdict.status, tabindex: "-1" }, WORDS[word]);
  const reasons = [...verdict.reasons, ...(proven && PAGES[verdict.carrier] ? [PAGES[verdict.carrier]] : [])];
  const ask = verdict.ask && h("p", {}, "To have it checked by its issuer, open ",
    h("a", { href: `https://${verdict.ask}/verify`, rel: "noreferrer" }, `${verdict.ask}/verify`),
    " if you know and trust that address.");
  box.replaceChildren(heading, h("ul", {}, reasons.map((one) => h("li", {}, one))), ...(ask ? [ask] : []), ...(proven ? facts(verdict) : []),
    h("h3", {}, "Check another"));
  heading.focus();
}

const text = (value) => (typeof value === "string" ? value : "");
const all = (value) => (Array.isArray(value) ? value : value === undefined || value === null ? [] : [value]);
const maps = (value) => all(value).filter((one) => typeof one === "object" && !Array.isArray(one));
const first = (value) => maps(value)[0] ?? {};

/** What the signed credential says, read without trusting its shape. */
function facts({ credential, issuer, trust }) {
  const subject = first(credential.credentialSubject);
  const achievement = first(subject.achievement);
  const name = maps(subject.identifier).filter((one) => one.identityType === "name").map((one) => text(one.identityHash))[0] || text(subject.name);
  const reached = new Map(maps(subject.result).map((one) => [text(one.resultDescription), one]));
  const results = maps(achievement.resultDescription).map((one) => ({ ...one, ...reached.get(text(one.id)) }));
  const value = (kind) => text(results.find((one) => one.resultType === kind)?.value);
  const areas = results.filter((one) => one.resultType === "ext:CompetencyMinutes").flatMap((one) => maps(one.alignment).map((area) =>
    `${text(area.targetName)}${area.targetDescription ? ` (${text(area.targetDescription)})` : ""}: ${text(one.value)} min`));
  const modules = maps(credential.credentialSubject?.verifiableCredential).map((one) => text(first(first(one.credentialSubject).achievement).name));
  const day = (value) => text(value).slice(0, 10);
  const rows = [
    ["Learner", name || "not named"],
    ["Training", [text(achievement.name) || text(credential.name), achievement.version && `version ${text(achievement.version)}`].filter(Boolean).join(", ")],
    ["Dates", subject.activityStartDate ? `${day(subject.activityStartDate)} to ${day(subject.activityEndDate)}` : day(credential.validFrom)],
    ["Time", value("ext:ContactMinutes") && `${value("ext:ContactMinutes")} minutes (${value("ext:ContactHours")} hours)`],
    ["By competency area", areas.length ? h("ul", {}, areas.map((one) => h("li", {}, one))) : ""],
    ["Modules", modules.length ? h("ul", {}, modules.map((one) => h("li", {}, one))) : ""],
    ["Issued by", h("span", {}, text(first(credential.issuer).name) || "not named", h("br", {}), h("code", {}, issuer))],
    ["Who vouches for the issuer", VOUCHES[trust]],
    ["Record", h("code", {}, text(credential.id))],
  ];
  return [h("h3", {}, "What the credential says"),
    h("dl", { class: "gw-module-facts" }, rows.filter(([, told]) => told).map(([term, told]) => h("div", {}, h("dt", {}, term), h("dd", {}, told))))];
}
