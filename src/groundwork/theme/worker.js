/**
 * The service worker. It keeps the parts of the book that somebody asked for, answers with
 * them when the network does not, and fetches what changed when the book was built again.
 *
 * It keeps files of the built book and nothing else: pages as they were built, without
 * anybody's progress, each under the digest of its content. Whatever a portal answers to one
 * person (woven pages, the API, records) passes through and is not stored.
 *
 * The version below changes with any file of the book, so that browsers see a new worker.
 */
"use strict";

const VERSION = "%VERSION%";
const ROOT = new URL("./", self.location).href;
const CACHE = `gw-kept:${new URL(ROOT).pathname}`;
const LIST = "_static/gw/offline.json";
const BOOK = `book-${VERSION}`;
const BASE = "base";
const DIGEST = 32;
const AT_ONCE = 6;
const PATIENCE = 3_000;
const ROOM_LEFT = 1_000_000;
const PRIVATE = /^(api|records|status|\.well-known)(\/|$)/;
const PARTS_OF_PAGES = /(^|\/)_(static|images)\/|^[^/]+\.webmanifest$/;
const NOBODY_THERE = [502, 503, 504];

class Trouble extends Error {}

/** Why something failed, in one word: full, stopped, newer, closed, changed, unreachable. */
function why(error) {
  if (error instanceof Trouble) return error.message;
  return { QuotaExceededError: "full", AbortError: "stopped" }[error?.name] ?? "unreachable";
}

/* What is kept */

const place = (name) => `${ROOT}_kept/${name}`;
const stored = (name) => caches.match(place(name), { cacheName: CACHE });
const locked = (work) => navigator.locks.request(CACHE, work);

async function recall(name) {
  const reply = await stored(name);
  return reply ? reply.json() : null;
}

async function note(name, value) {
  const cache = await caches.open(CACHE);
  await cache.put(place(name), new Response(JSON.stringify(value)));
}

let shelf = null;

/** The list of the book, the parts that were asked for, and the digest of each kept path. */
function here() {
  shelf ??= look().catch((error) => {
    shelf = null;
    throw error;
  });
  return shelf;
}

async function look() {
  const [book, asked] = await Promise.all([recall(BOOK), recall("asked")]);
  const parts = book ? (asked?.parts ?? []).filter((part) => book.parts[part]) : [];
  const paths = new Map(parts.flatMap((part) => book.parts[part].map((path) => [path, book.files[path][0]])));
  return { book, parts, portal: asked?.portal ?? null, paths };
}

async function copyOf(path) {
  const digest = (await here()).paths.get(path);
  return digest ? (await stored(digest)) ?? null : null;
}

/* Keeping */

/** The list of the book as it is served now; this worker can only keep its own version. */
async function listed() {
  const reply = await fetch(ROOT + LIST, { cache: "no-store" });
  if (!reply.ok) throw new Trouble("unreachable");
  const book = await reply.json();
  if (book.version !== VERSION) throw new Trouble("newer");
  return book;
}

/** Fetch every file of some parts that is not here yet; all of them arrive, or none stays. */
async function gather(book, parts, { said = () => {}, signal } = {}) {
  const cache = await caches.open(CACHE);
  const have = new Set((await cache.keys()).map(({ url }) => url));
  const wanted = new Map();
  for (const path of parts.flatMap((part) => book.parts[part])) {
    if (!have.has(place(book.files[path][0]))) wanted.set(book.files[path][0], path);
  }
  const total = [...wanted.values()].reduce((sum, path) => sum + book.files[path][1], 0);
  if (total > (await room())) throw new Trouble("full");
  const waiting = [...wanted];
  const fresh = [];
  let [done, problem] = [0, null];
  const runner = async () => {
    while (waiting.length && !problem) {
      const [digest, path] = waiting.shift();
      try {
        const reply = await bring(path, digest, signal);
        fresh.push(digest);
        await cache.put(place(digest), reply);
        done += book.files[path][1];
        said({ done, total });
      } catch (error) {
        problem ??= error;
      }
    }
  };
  said({ done, total });
  await Promise.all(Array.from({ length: AT_ONCE }, runner));
  if (!problem) return;
  await Promise.all(fresh.map((digest) => cache.delete(place(digest))));
  throw problem;
}

async function room() {
  const { usage = 0, quota = Infinity } = (await navigator.storage?.estimate?.()) ?? {};
  return quota - usage - Math.min(ROOM_LEFT, quota / 10);
}

/** Fetch one file as it was built, and make sure that it is the one that is meant. */
async function bring(path, digest, signal) {
  const reply = await fetch(`${ROOT}${path}?kept=${digest}`, { cache: "no-store", signal });
  if ([401, 403].includes(reply.status) || reply.redirected) throw new Trouble("closed");
  if (!reply.ok) throw new Trouble("unreachable");
  const data = await reply.arrayBuffer();
  const found = new Uint8Array(await crypto.subtle.digest("SHA-256", data));
  const hex = [...found].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  if (hex.slice(0, DIGEST) !== digest) throw new Trouble("changed");
  const headers = new Headers(reply.headers);
  for (const name of ["content-encoding", "content-length"]) headers.delete(name);
  return new Response(data, { headers });
}

async function keep({ parts, portal }, said, signal) {
  const book = await listed();
  const before = await recall("asked");
  const after = [...new Set([BASE, ...(before?.parts ?? []), ...parts])].filter((part) => book.parts[part]);
  await gather(book, after, { said, signal });
  await note(BOOK, book);
  await note("asked", { parts: after, portal: portal ?? before?.portal ?? null });
  shelf = null;
}

/** Hear where the portal is: somebody may sign in after the pages were kept. */
async function heard({ portal }) {
  const asked = await recall("asked");
  if (!asked || asked.portal === portal) return;
  await note("asked", { ...asked, portal });
  shelf = null;
}

/** Take parts away; the base goes with the last module. */
async function remove({ parts }) {
  const asked = await recall("asked");
  const left = (asked?.parts ?? []).filter((part) => part !== BASE && !parts.includes(part));
  if (left.length) await note("asked", { ...asked, parts: [BASE, ...left] });
  else await caches.delete(CACHE);
  shelf = null;
  await tidy();
}

/** Throw away what no kept part needs: older versions of files, and files of removed parts. */
async function tidy() {
  const { book, paths } = await here();
  if (!book) return;
  const needed = new Set(["asked", BOOK, ...paths.values()].map(place));
  const cache = await caches.open(CACHE);
  const spare = (await cache.keys()).filter(({ url }) => !needed.has(url));
  await Promise.all(spare.map((request) => cache.delete(request)));
}

/* A new version: what changed is fetched while the one before goes on serving */

async function install() {
  await locked(async () => {
    const asked = await recall("asked");
    if (!asked) return;
    const book = await listed();
    await gather(book, asked.parts.filter((part) => book.parts[part]));
    await note(BOOK, book);
  });
  await self.skipWaiting();
}

async function activate() {
  await locked(tidy);
  await self.clients.claim();
}

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));

/* What pages ask for */

let stop = null;

async function attend({ data, ports: [port] }) {
  const said = (progress) => port.postMessage(progress);
  try {
    if (data.type === "keep") {
      stop = new AbortController();
      const { signal } = stop;
      await locked(() => keep(data, said, signal));
    }
    if (data.type === "remove") await locked(() => remove(data));
    if (data.type === "portal") await locked(() => heard(data));
    if (data.type === "stop") stop?.abort();
    const { book, parts } = await here();
    port.postMessage({ ok: true, version: VERSION, parts, book });
    if (["keep", "remove"].includes(data.type)) await tellAll();
  } catch (error) {
    port.postMessage({ error: why(error) });
  }
}

async function tellAll() {
  for (const client of await self.clients.matchAll({ includeUncontrolled: true })) client.postMessage("kept");
}

self.addEventListener("message", (event) => event.waitUntil(attend(event)));

/* Answering: the network first, and what is kept when it fails or takes too long */

const ofKeptPages = new Set();

function pathOf({ href, pathname }) {
  if (!href.startsWith(ROOT)) return null;
  const path = pathname.slice(new URL(ROOT).pathname.length);
  return path === "" || path.endsWith("/") ? `${path}index.html` : path;
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const path = pathOf(new URL(request.url));
  if (request.method !== "GET" || path === null || PRIVATE.test(path)) return;
  if (request.mode === "navigate") event.respondWith(page(event, path));
  else if (PARTS_OF_PAGES.test(path)) event.respondWith(part(event, path));
});

async function page(event, path) {
  const copy = await copyOf(path);
  const reply = await (copy ? soon(event.request) : fetch(event.request).catch(() => null));
  if (reply && !(copy && NOBODY_THERE.includes(reply.status))) return reply;
  if (!copy) return notKept(path);
  ofKeptPages.add(event.resultingClientId);
  return asPage(copy);
}

async function part(event, path) {
  const copy = await copyOf(path);
  if (!copy) return fetch(event.request);
  if (ofKeptPages.has(event.clientId)) return copy;
  const reply = await soon(event.request);
  return reply && !NOBODY_THERE.includes(reply.status) ? reply : copy;
}

/** What the network answers within a few seconds, or null. */
function soon(request) {
  const late = new Promise((done) => setTimeout(done, PATIENCE, null));
  return Promise.race([fetch(request).catch(() => null), late]);
}

/** A kept page says which version it is and, under a portal, where that is. */
async function asPage(copy) {
  const { portal } = await here();
  const marks = ` data-kept="${VERSION}"${portal === null ? "" : ` data-portal="${encodeURI(portal)}"`}`;
  return new Response((await copy.text()).replace(/<html\b/, (tag) => tag + marks), { headers: copy.headers });
}

/** Lead to the page that says what is kept, in the language of the page that is not. */
async function notKept(path) {
  const { paths } = await here();
  const found = [`${path.split("/")[0]}/offline.html`, "offline.html"].find((one) => paths.has(one));
  return found ? Response.redirect(`${ROOT}${found}?page=${encodeURIComponent(path)}`) : Response.error();
}
