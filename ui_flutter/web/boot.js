// Starts the console. The packer puts in front of this file: `const STAM = {...}` (addresses) and Flutter's own loader.
//
// Python (Pyodide, in a worker) and Flutter start side by side; Flet's web client calls jsConnect when its engine is
// up and finds the worker under way. Flet's stock python.js would only begin to load Python at that moment.

var flet = {
  pyodide: true, multiView: false, noCdn: true, webRenderer: "canvaskit", routeUrlStrategy: "path",
  entrypointBaseUrl: STAM.engine, assetBase: STAM.engine, canvasKitBaseUrl: STAM.engine + "canvaskit/",
  fontFallbackBaseUrl: STAM.engine + "assets/fonts/", pyodideUrl: STAM.engine + "pyodide/pyodide.mjs",
};

const TEXTS = {
  pl: {
    start: "Uruchamianie konsoli…", failed: "Konsola nie uruchomiła się.", again: "Spróbuj ponownie",
    update: "Jest nowa wersja konsoli.", restart: "Uruchom ponownie", later: "Później",
  },
  en: {
    start: "Starting the console…", failed: "The console did not start.", again: "Try again",
    update: "There is a new version of the console.", restart: "Restart", later: "Later",
  },
};

// Flet keeps preferences as JSON under "flutter."; the console writes these two.
function preference(key) {
  try { return JSON.parse(localStorage.getItem("flutter.stam." + key)); } catch { return null; }
}

const words = TEXTS[preference("language")] || TEXTS.pl;
document.documentElement.lang = preference("language") || "pl";
document.documentElement.dataset.theme = preference("theme") || "dark";
document.getElementById("loading-text").textContent = words.start;

const box = document.getElementById("loading");

function uncover() {
  if (!box.classList.contains("failed")) box.remove();
}

function showFailure(error) {
  console.error(error);
  if (box.classList.contains("failed")) return;
  box.classList.add("failed");
  document.body.append(box); // above whatever is there
  document.getElementById("loading-text").textContent = words.failed;
  const again = document.createElement("button");
  again.textContent = words.again;
  again.onclick = () => location.reload();
  const detail = document.createElement("pre");
  detail.textContent = String(error);
  box.append(again, detail);
}

// --- Python ---------------------------------------------------------------------------------------------------------
const python = { worker: null, toDart: null, ready: null };

// What the person asked of the whole system; a choice made in the console goes before it.
function wishes() {
  const asked = (query) => matchMedia(query).matches;
  return {
    ...(asked("(prefers-reduced-motion: reduce)") && { still: "yes" }),
    ...(asked("(prefers-contrast: more)") && { theme: "contrast" }),
  };
}

function startPython() {
  python.worker = new Worker(STAM.worker, { type: "module" });
  python.ready = new Promise((resolve, reject) => {
    python.worker.onerror = (event) => reject(event.message || STAM.worker);
    python.worker.onmessage = ({ data }) => {
      if (data.started) { markPython(data.started); resolve(); }
      else if (data.failed) reject(data.failed);
      else if (data.drawn) requestAnimationFrame(() => requestAnimationFrame(uncover));
      else python.toDart(data);
    };
  });
  python.ready.catch(showFailure);
  python.worker.postMessage({
    pyodideUrl: new URL(flet.pyodideUrl, location.href).href, args: wishes(), documentUrl: document.URL, archiveUrl: STAM.app,
    module: "main",
  });
}

// The worker's marks on this page's clock, so that one look at them tells where a slow start was slow.
function markPython(marks) {
  for (const [name, at] of marks) performance.mark(name, { startTime: Math.max(0, at - performance.timeOrigin) });
  performance.mark("stam-python");
}

globalThis.jsConnect = async (appId, args, toDart) => { python.toDart = toDart; await python.ready; };
globalThis.jsSend = async (appId, data) => { python.worker.postMessage(data, [data.buffer]); };
globalThis.jsDisconnect = async () => { python.worker.terminate(); };

// --- Flutter --------------------------------------------------------------------------------------------------------
// A browser without a graphics processor (a virtual machine, a thin client, a blocked driver) imitates WebGL, which costs three
// times the processor of Skia drawing by itself.
const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i; // Chromium, Mesa, Windows

function drawsInSoftware() {
  const gl = document.createElement("canvas").getContext("webgl2", { failIfMajorPerformanceCaveat: true });
  if (gl === null) return true;
  const info = gl.getExtension("WEBGL_debug_renderer_info");
  const renderer = String(gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
  gl.getExtension("WEBGL_lose_context")?.loseContext();
  return SOFTWARE.test(renderer);
}

// Screen readers find Flutter's "enable accessibility" button by themselves; automation and a stored wish do not.
function wantsSemantics() {
  return navigator.webdriver || new URLSearchParams(location.search).has("a11y") || preference("a11y") === true;
}

function switchSemanticsOn() {
  const button = document.querySelector("flt-semantics-placeholder");
  if (button) button.click();
  else requestAnimationFrame(switchSemanticsOn);
}

addEventListener("flutter-first-frame", () => {
  performance.mark("stam-first-frame");
  document.body.append(box); // Flet's own waiting picture is below ours until Python has drawn something
  if (wantsSemantics()) switchSemanticsOn();
}, { once: true });

// WebKit restores a Flutter page from its back/forward cache with frame scheduling broken; only a fresh engine recovers.
addEventListener("pageshow", (event) => {
  if (event.persisted && navigator.vendor?.startsWith("Apple")) location.reload();
});

// --- starting without a server, and updates ----------------------------------------------------------------------------
// Registered only when the console has started: what is kept on this computer must not slow down the first start. A new
// version takes over at the next start; a console that is being worked with is never restarted under its operator.
const KEEP_AFTER = 3e3, UPDATE_EVERY = 3600e3; // ms; the first page is drawn by then

async function keepOnThisComputer() {
  let hadOne = navigator.serviceWorker.controller !== null;
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    if (hadOne) offerUpdate();
    hadOne = true;
  });
  const kept = await navigator.serviceWorker.register("/service-worker.js", { updateViaCache: "none" });
  setInterval(() => kept.update().catch(() => {}), UPDATE_EVERY);
}

function offerUpdate() {
  if (document.getElementById("update")) return;
  const bar = document.createElement("div");
  bar.id = "update";
  bar.setAttribute("role", "status");
  const restart = document.createElement("button"), later = document.createElement("button");
  restart.textContent = words.restart;
  restart.onclick = () => location.reload();
  later.textContent = words.later;
  later.onclick = () => bar.remove();
  bar.append(words.update, restart, later);
  document.body.append(bar);
}

startPython();
if (navigator.serviceWorker) { // absent where the page came by plain HTTP from another computer
  python.ready.then(() => new Promise((resolve) => setTimeout(resolve, KEEP_AFTER))).then(keepOnThisComputer)
    .catch((error) => console.warn("the console will not start offline:", error));
}
_flutter.buildConfig = STAM.flutter;
_flutter.loader.load({
  config: {
    renderer: "canvaskit", entrypointBaseUrl: flet.entrypointBaseUrl, assetBase: flet.assetBase,
    canvasKitBaseUrl: flet.canvasKitBaseUrl, fontFallbackBaseUrl: flet.fontFallbackBaseUrl,
  },
  onEntrypointLoaded: async (initializer) => {
    const engine = await initializer.initializeEngine({
      assetBase: flet.assetBase, canvasKitBaseUrl: flet.canvasKitBaseUrl,
      fontFallbackBaseUrl: flet.fontFallbackBaseUrl, renderer: "canvaskit", canvasKitForceCpuOnly: drawsInSoftware(),
    });
    flet.flutterApp = await engine.runApp();
  },
}).catch(showFailure);
