// Starts the console. The packer puts in front of this file: `const STAM = {...}` (addresses) and Flutter's own loader.
//
// Python (Pyodide, in a worker) and Flutter start side by side; Flet's web client calls jsConnect when its engine is
// up and finds the worker under way. Flet's stock python.js would only begin to load Python at that moment.

var flet = {
  pyodide: true, multiView: false, noCdn: true, webRenderer: "canvaskit", routeUrlStrategy: "path",
  entrypointBaseUrl: STAM.engine, assetBase: STAM.engine, canvasKitBaseUrl: STAM.engine + "canvaskit/",
  fontFallbackBaseUrl: STAM.engine + "assets/fonts/", pyodideUrl: STAM.engine + "pyodide/pyodide.mjs",
  appPackageUrl: STAM.app, pythonModuleName: "main", micropipIncludePre: false,
};

const TEXTS = {
  pl: { start: "Uruchamianie konsoli…", failed: "Konsola nie uruchomiła się.", again: "Spróbuj ponownie" },
  en: { start: "Starting the console…", failed: "The console did not start.", again: "Try again" },
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

function showFailure(error) {
  console.error(error);
  if (box.classList.contains("failed")) return;
  box.classList.add("failed");
  document.body.append(box); // Flutter's first frame has removed it
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
  python.worker = new Worker(STAM.engine + "python-worker.js", { type: "module" });
  python.ready = new Promise((resolve, reject) => {
    python.worker.onerror = (event) => reject(event.message || "python-worker.js");
    python.worker.onmessage = ({ data }) => {
      if (typeof data !== "string") python.toDart(data);
      else if (data === "initialized") { performance.mark("stam-python"); resolve(); }
      else reject(data);
    };
  });
  python.ready.catch(showFailure);
  python.worker.postMessage({
    pyodideUrl: flet.pyodideUrl, args: wishes(), documentUrl: document.URL, appPackageUrl: flet.appPackageUrl,
    micropipIncludePre: false, pythonModuleName: flet.pythonModuleName,
  });
}

globalThis.jsConnect = async (appId, args, toDart) => { python.toDart = toDart; await python.ready; };
globalThis.jsSend = async (appId, data) => { python.worker.postMessage(data, [data.buffer]); };
globalThis.jsDisconnect = async () => { python.worker.terminate(); };

// --- Flutter --------------------------------------------------------------------------------------------------------
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
  if (!box.classList.contains("failed")) box.remove();
  if (wantsSemantics()) switchSemanticsOn();
}, { once: true });

// WebKit restores a Flutter page from its back/forward cache with frame scheduling broken; only a fresh engine recovers.
addEventListener("pageshow", (event) => {
  if (event.persisted && navigator.vendor?.startsWith("Apple")) location.reload();
});

startPython();
_flutter.buildConfig = STAM.flutter;
_flutter.loader.load({
  config: {
    renderer: "canvaskit", entrypointBaseUrl: flet.entrypointBaseUrl, assetBase: flet.assetBase,
    canvasKitBaseUrl: flet.canvasKitBaseUrl, fontFallbackBaseUrl: flet.fontFallbackBaseUrl,
  },
  onEntrypointLoaded: async (initializer) => {
    const engine = await initializer.initializeEngine({
      assetBase: flet.assetBase, canvasKitBaseUrl: flet.canvasKitBaseUrl,
      fontFallbackBaseUrl: flet.fontFallbackBaseUrl, renderer: "canvaskit",
    });
    flet.flutterApp = await engine.runApp();
  },
}).catch(showFailure);
