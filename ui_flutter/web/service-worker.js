// Keeps the whole build on this computer, so that the console starts without its server. The packer puts in front of this
// file: `const BUILD = {id, files: {url: sha256}, aliases: {prefix: url}, page, notPages: [prefix]}`.
//
// Nothing but the files of the build is ever answered from here: what is not in the list is the network's, and no answer
// of the API is kept. A build is complete or not there at all: every file is checked against its digest, so a server that
// is just being updated cannot leave a mixture.

const PREFIX = "stam-console-";
const CACHE = PREFIX + BUILD.id;

async function digest(content) {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// The transfer's compression is undone by now; a header that still names it would be a lie.
function stored(answer, content) {
  const headers = new Headers(answer.headers);
  for (const name of ["content-encoding", "content-length", "vary"]) headers.delete(name);
  return new Response(content, { status: 200, headers });
}

async function keep(cache, url, wanted) {
  const known = await caches.match(url, { ignoreVary: true });
  if (known && (await digest(await known.clone().arrayBuffer())) === wanted) return cache.put(url, known);
  const hashed = url.startsWith("/static/");
  const answer = await fetch(url, { cache: hashed ? "default" : "no-cache", credentials: "same-origin" });
  const content = await answer.arrayBuffer();
  if (!answer.ok || (await digest(content)) !== wanted) throw new Error(`${url} is not of build ${BUILD.id}`);
  return cache.put(url, stored(answer, content));
}

async function install() {
  const cache = await caches.open(CACHE);
  try {
    for (const [url, wanted] of Object.entries(BUILD.files)) await keep(cache, url, wanted);
  } catch (error) {
    await caches.delete(CACHE);
    throw error;
  }
  await skipWaiting();
}

// The build before this one stays: a page of it may still be loading. Older ones go.
async function activate() {
  const ours = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(ours.slice(0, -1).map((name) => caches.delete(name)));
  await clients.claim();
}

// The URL of the build's file to answer with; undefined: none of ours.
function fileFor(request) {
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return undefined;
  if (url.pathname in BUILD.files) return url.pathname;
  const prefix = Object.keys(BUILD.aliases).find((one) => url.pathname.startsWith(one));
  if (prefix) return BUILD.aliases[prefix];
  const isPage = request.mode === "navigate" && !BUILD.notPages.some((one) => url.pathname.startsWith(one));
  return isPage ? BUILD.page : undefined;
}

async function answer(request, url) {
  const cache = await caches.open(CACHE);
  return (await cache.match(url, { ignoreVary: true })) ?? fetch(request);
}

// A page of the build before this one: its own files are still in that build's cache.
async function older(request) {
  return (await caches.match(request, { ignoreVary: true })) ?? fetch(request);
}

addEventListener("install", (event) => event.waitUntil(install()));
addEventListener("activate", (event) => event.waitUntil(activate()));
addEventListener("fetch", (event) => {
  const url = fileFor(event.request);
  if (url !== undefined) event.respondWith(answer(event.request, url));
  else if (new URL(event.request.url).pathname.startsWith("/static/")) event.respondWith(older(event.request));
});
