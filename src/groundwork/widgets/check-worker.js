/*
 * Reads a stranger's file and says what is proven, in a worker of its own: it may be made to
 * cost time and memory, and the page that asked may then end it. Nothing is sent anywhere.
 * The rules are those of records/reading.py and records/verify.py, and both pass the same files.
 */
import { base58, hashes, jsonld, sha256, sha512, verify as fits } from "../vendor/credential.js";

const FILE_LIMIT = 5 * 1024 * 1024;
const CREDENTIAL_LIMIT = 256 * 1024;
const LIST_LIMIT = 4 * 1024 * 1024;
const DEEPEST = 100;
const MOST_PARTS = 5000;
const SUITE = "eddsa-rdfc-2022";
const KINDS = ["OpenBadgeCredential", "ClrCredential"];
const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
hashes.sha512 = sha512;

class Unreadable extends Error {}

self.onmessage = async ({ data: { bytes, known } }) => {
  let verdict;
  try {
    verdict = await examine(new Uint8Array(bytes), known);
  } catch (error) {
    verdict = answer("unreadable", null, [error instanceof Unreadable ? error.message : "The file could not be read."]);
  }
  self.postMessage(verdict);
};

const answer = (status, credential, reasons, more = {}) => ({ status, credential, reasons, issuer: null, trust: "unknown", carrier: null, ask: null, ...more });

async function examine(bytes, known) {
  if (bytes.length > FILE_LIMIT) throw new Unreadable("The file is larger than 5 MB; no record is.");
  const carrier = carrierOf(bytes);
  const text = { png: baked, pdf: attached, json: (all) => all }[carrier];
  const credential = parsed(await text(bytes), known.contexts);
  const method = methodOf(credential);
  const did = issuerOf(credential);
  const about = { carrier, issuer: did };
  if (method.split("#")[0] !== did) return answer("tampered", credential, ["It names one issuer and is signed by another.", "Rely on nothing in this file."], about);
  const key = await keyOf(did, method, known);
  about.trust = key.trust ?? "unknown";
  if (!key.multikey) return answer(key.status, credential, key.reasons, { ...about, ask: key.ask });
  if (!(await signed(credential, key.multikey, known.contexts))) {
    return answer("tampered", credential, ["Its content does not fit its signature: something was changed.", "Rely on nothing in this file."], about);
  }
  return { ...(await standing(credential, did, key, known)), ...about, credential, proven: true };
}

/* ---------- reading ---------- */

function carrierOf(bytes) {
  if (PNG.every((value, at) => bytes[at] === value)) return "png";
  return latin(bytes.subarray(0, 1024)).includes("%PDF-") ? "pdf" : "json";
}

const latin = (bytes) => new TextDecoder("latin1").decode(bytes);

async function unpacked(bytes, format, limit) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream(format));
  const parts = [];
  let size = 0;
  try {
    for (const reader = stream.getReader(); ;) {
      const { done, value } = await reader.read();
      if (done) break;
      size += value.length;
      if (size > limit) {
        await reader.cancel();
        throw new Unreadable("What is packed in the file is far larger than a record.");
      }
      parts.push(value);
    }
  } catch (error) {
    if (error instanceof Unreadable) throw error;
    /* A stream may end in a line break that is not its own; what came before it counts. */
    if (!size) throw new Unreadable("The file is damaged and cannot be opened.");
  }
  const whole = new Uint8Array(size);
  parts.reduce((at, part) => (whole.set(part, at), at + part.length), 0);
  return whole;
}

/** The credential in a PDF: the one file stream in it whose content is a JSON object. */
async function attached(bytes) {
  const text = latin(bytes);
  if (/\/Encrypt\b/.test(text.slice(-4096))) throw new Unreadable("The PDF is locked, so it cannot be read here.");
  const found = [];
  let seen = 0;
  for (const match of text.matchAll(/\/EmbeddedFile\b(?!s)/g)) {
    if (++seen > 50) throw new Unreadable("This PDF holds more files than a certificate.");
    const open = text.lastIndexOf(" obj", match.index);
    const start = text.indexOf("stream", match.index);
    const end = text.indexOf("endstream", start);
    if (open < 0 || start < 0 || end < 0 || text.slice(match.index, start).includes("endobj")) continue;
    const head = text.slice(open, start);
    const body = text[start + 6] === "\r" ? start + 8 : start + 7;
    const raw = bytes.subarray(body, end);
    if (/\/Filter\b/.test(head) && !/\/Filter\s*(\[\s*)?\/FlateDecode/.test(head)) continue;
    const content = /\/FlateDecode/.test(head) ? await unpacked(raw, "deflate", CREDENTIAL_LIMIT + 1) : raw;
    if (latin(content.subarray(0, 200)).trimStart().startsWith("{")) found.push(content);
  }
  if (!found.length) throw new Unreadable("This PDF has no credential attached. A certificate has one; printing or saving it again may have lost it.");
  if (found.length > 1) throw new Unreadable("This PDF has more than one credential attached.");
  return found[0];
}

async function baked(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const found = [];
  for (let at = 8; at + 12 <= bytes.length;) {
    const size = view.getUint32(at);
    const body = bytes.subarray(at + 8, at + 8 + size);
    if (latin(bytes.subarray(at + 4, at + 8)) === "iTXt") {
      const end = body.indexOf(0);
      if (latin(body.subarray(0, end)) === "openbadgecredential") found.push(body.subarray(end + 1));
    }
    at += size + 12;
  }
  if (!found.length) throw new Unreadable("This picture holds no credential.");
  if (found.length > 1) throw new Unreadable("This picture holds more than one credential.");
  const [chunk] = found;
  const language = chunk.indexOf(0, 2);
  const text = chunk.subarray(chunk.indexOf(0, language + 1) + 1);
  return chunk[0] ? unpacked(text, "deflate", CREDENTIAL_LIMIT + 1) : text;
}

function parsed(bytes, contexts) {
  if (bytes.length > CREDENTIAL_LIMIT) throw new Unreadable("The credential is larger than 256 kB; no record is.");
  let document;
  let text;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    document = JSON.parse(text);
  } catch {
    throw new Unreadable("This is not a PDF, a badge picture or a credential.");
  }
  if (twice(text)) throw new Unreadable("The credential says the same thing twice, in two ways.");
  if (!isMap(document) || !all(document.type).some((type) => KINDS.includes(type))) throw new Unreadable("This is not an Open Badges 3.0 credential.");
  deep(document, 0, { parts: 0, contexts });
  return document;
}

function deep(value, depth, seen) {
  if (depth > DEEPEST) throw new Unreadable("The credential is nested too deeply.");
  if (value === null || typeof value !== "object") return;
  if (++seen.parts > MOST_PARTS) throw new Unreadable("The credential has more parts than any record.");
  for (const [name, child] of Object.entries(value)) {
    /* The records inside a series name their definitions again; each must be one that is here. */
    if (name === "@context" && !all(child).every((one) => typeof one === "string" && Object.hasOwn(seen.contexts, one))) {
      throw new Unreadable("The credential asks for definitions from elsewhere; none are fetched.");
    }
    deep(child, depth + 1, seen);
  }
}

/** Whether an object of a JSON text names a field twice, of which JSON.parse keeps the last. */
function twice(text) {
  const open = [];
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"\s*:|"(?:[^"\\]|\\.)*"|[{}]/gs)) {
    if (token === "{") open.push(new Set());
    else if (token === "}") open.pop();
    else if (token.endsWith(":") && open.length) {
      const name = JSON.parse(token.slice(0, token.lastIndexOf('"') + 1));
      if (open.at(-1).has(name)) return true;
      open.at(-1).add(name);
    }
  }
  return false;
}

const isMap = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
const all = (value) => (Array.isArray(value) ? value : [value]);

function issuerOf(document) {
  const did = isMap(document.issuer) ? document.issuer.id : document.issuer;
  return typeof did === "string" ? did : "";
}

function methodOf(document) {
  const { proof } = document;
  if (proof === undefined) throw new Unreadable("The credential has no signature, so nothing can be checked.");
  if (!isMap(proof)) throw new Unreadable("The credential must have exactly one signature.");
  const { type, cryptosuite, proofPurpose, verificationMethod, proofValue } = proof;
  const known = type === "DataIntegrityProof" && cryptosuite === SUITE && proofPurpose === "assertionMethod";
  if (!known || typeof verificationMethod !== "string" || typeof proofValue !== "string") {
    throw new Unreadable("The credential is signed in a way that is not known here.");
  }
  if (!issuerOf(document).startsWith("did:")) throw new Unreadable("The credential names no issuer whose key could be found.");
  return verificationMethod;
}

/* ---------- whose key ---------- */

/** The key a proof cites, where it can be had without asking another host. */
async function keyOf(did, method, known) {
  if (did.startsWith("did:key:")) {
    const multikey = did.slice("did:key:".length);
    if (method !== `${did}#${multikey}`) return { status: "tampered", reasons: ["It is signed with a key that is not the issuer's.", "Rely on nothing in this file."] };
    return { multikey, active: true, listed: known.issuers[did] ?? null, trust: known.issuers[did] ? "listed" : "unknown" };
  }
  const listed = known.issuers[did] ?? null;
  const own = hostOf(did) === known.host ? await published(did, known) : null;
  const keys = own?.keys ?? listed?.keys ?? {};
  const trust = own ? "self" : listed ? "listed" : "unknown";
  if (method in keys) return { ...keys[method], own: Boolean(own), listed: own ?? listed, trust };
  const host = hostOf(did);
  if (own) return { status: "tampered", trust, reasons: ["It names this site as issuer, but is signed with a key that is not published here.", "Rely on nothing in this file."] };
  return {
    status: "unknown_issuer",
    trust: "unknown",
    ask: host,
    reasons: [
      `Could not check: the key it names is published by another host${host ? ` (${host})` : ""}, and this page asks no other host for anything.`,
      "So nothing is known about this file yet, good or bad.",
    ],
  };
}

function hostOf(did) {
  const name = /^did:web:([^:#/]+)$/.exec(did)?.[1];
  try {
    return name ? decodeURIComponent(name).toLowerCase() : null;
  } catch {
    return null;
  }
}

/** The keys that this very host publishes for itself, if it does. */
async function published(did, known) {
  const document = await fetched(known.document).then((bytes) => JSON.parse(new TextDecoder().decode(bytes))).catch(() => null);
  if (document?.id !== did) return null;
  const standing = all(document.assertionMethod ?? []);
  const keys = {};
  for (const method of all(document.verificationMethod ?? [])) {
    if (method?.controller === did && typeof method.publicKeyMultibase === "string") {
      keys[method.id] = { multikey: method.publicKeyMultibase, active: standing.includes(method.id) };
    }
  }
  return { name: null, keys };
}

async function fetched(address) {
  const reply = await fetch(address, { credentials: "omit", cache: "no-store" });
  if (!reply.ok) throw new Error(`${reply.status}`);
  const bytes = new Uint8Array(await reply.arrayBuffer());
  if (bytes.length > LIST_LIMIT) throw new Error("too large");
  return bytes;
}

/* ---------- the signature ---------- */

const hasher = () => {
  const made = sha256.create();
  return { update: (text) => made.update(new TextEncoder().encode(text)), digest: () => hex(made.digest()) };
};
const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Whether the signature fits and covers everything: eddsa-rdfc-2022 of the W3C. */
async function signed(document, multikey, contexts) {
  const { proof, ...rest } = document;
  const { proofValue, ...options } = proof;
  const documentLoader = async (url) => {
    if (!Object.hasOwn(contexts, url)) throw new Unreadable("The credential asks for definitions from elsewhere; none are fetched.");
    return { contextUrl: null, documentUrl: url, document: contexts[url] };
  };
  const hashed = async (value) => {
    const how = { algorithm: "RDFC-1.0", safe: true, documentLoader, createMessageDigest: hasher };
    return sha256(new TextEncoder().encode(await jsonld.canonize(value, how)));
  };
  let message;
  try {
    message = [...(await hashed({ "@context": document["@context"], ...options })), ...(await hashed(rest))];
  } catch (error) {
    if (error instanceof Unreadable) throw error;
    return false; /* it holds parts that no definition covers, so no signature does */
  }
  try {
    const key = base58.decode(multikey.slice(1));
    const signature = base58.decode(proofValue.slice(1));
    if (multikey[0] !== "z" || proofValue[0] !== "z" || key[0] !== 0xed || key[1] !== 0x01 || signature.length !== 64) return false;
    return fits(signature, new Uint8Array(message), key.subarray(2));
  } catch {
    return false;
  }
}

/* ---------- whether it still stands ---------- */

async function standing(credential, did, key, known) {
  const unchanged = "The signature is good: nothing was changed since it was signed.";
  const name = key.listed?.name || (key.own ? "this site" : null);
  if (!key.listed) {
    return {
      status: "unknown_issuer",
      reasons: [unchanged, "Nobody here vouches for whoever signed it. A record that a learner's own copy of Groundwork issued looks like this."],
    };
  }
  if (!key.active) return { status: "revoked", reasons: [`${name} has withdrawn the key it was signed with.`] };
  const [from, until] = ["validFrom", "validUntil"].map((field) => (credential[field] ? Date.parse(credential[field]) : null));
  if (until !== null && !(until > Date.now())) return { status: "expired", reasons: [unchanged, `It was valid until ${credential.validUntil}.`] };
  if (from !== null && !(from <= Date.now())) return { status: "status_unknown", reasons: [unchanged, `It is dated in the future: ${credential.validFrom}.`] };
  const vouched = key.own ? "It is from the site that you are on." : `It is from ${name}, which is on our list.`;
  if (!credential.credentialStatus) return { status: "valid", reasons: [unchanged, vouched] };
  const revoked = key.own ? await withdrawn(credential.credentialStatus, did, key, known).catch(() => null) : null;
  if (revoked === null) {
    return {
      status: "status_unknown",
      ask: hostOf(did),
      reasons: [unchanged, vouched, "Could not check whether it was revoked since: that would need another host, and this page asks none."],
    };
  }
  if (revoked) return { status: "revoked", reasons: [unchanged, "Its issuer has revoked it since."] };
  return { status: "valid", reasons: [unchanged, vouched, "It is not on the issuer's list of revoked records."] };
}

/** Whether a bit of the issuer's own, signed list is set; throws when that cannot be seen. */
async function withdrawn(entry, did, key, known) {
  const address = new URL(entry.statusListCredential);
  if (address.origin !== known.origin) throw new Error("another host");
  const list = JSON.parse(new TextDecoder().decode(await fetched(address.href)));
  const listKey = methodOf(list) && (await keyOf(did, list.proof.verificationMethod, known));
  if (issuerOf(list) !== did || !listKey.multikey || !listKey.active || !(await signed(list, listKey.multikey, known.contexts))) throw new Error("not the issuer's list");
  if (list.validUntil && !(Date.parse(list.validUntil) > Date.now())) throw new Error("an old list");
  const { encodedList, statusPurpose } = list.credentialSubject;
  if (statusPurpose !== entry.statusPurpose || encodedList[0] !== "u") throw new Error("another list");
  const packed = atob(encodedList.slice(1).replaceAll("-", "+").replaceAll("_", "/"));
  const bits = await unpacked(Uint8Array.from(packed, (sign) => sign.charCodeAt(0)), "gzip", LIST_LIMIT);
  const at = Number(entry.statusListIndex);
  if (!Number.isInteger(at) || at < 0 || at >= bits.length * 8) throw new Error("no such place");
  return Boolean(bits[at >> 3] & (0x80 >> (at & 7)));
}
