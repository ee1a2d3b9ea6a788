// Runs the console's Python in a worker: Pyodide, and our code from one archive that is imported from as it is.
//
// Takes the place of Flet's own worker: the archive is fetched while Pyodide starts, nothing is unpacked, nothing can be
// installed from elsewhere. What Flet's `PyodideConnection` needs of `flet_js` is all that is here.

const ARCHIVE = "/console.zip";
const flet_js = { args: {}, documentUrl: "" };

flet_js.receive_callback = (message) => {
  const bytes = message.toJs(); // a copy of Python's bytes: the page may have its buffer
  postMessage(bytes, [bytes.buffer]);
};

async function archive(url) {
  const answer = await fetch(url, { credentials: "same-origin" });
  if (!answer.ok) throw new Error(`HTTP ${answer.status}: ${url}`);
  return new Uint8Array(await answer.arrayBuffer());
}

// --- what the console keeps for when it has no server (ui_flutter/offline/device.py) ----------------------------------
// Files lie in IndexedDB by way of IDBFS; each user's key beside them is one that WebCrypto will not give out again.
const FOLDER = "/stam", KEYS = "stam-keys";
const device = { key: null, fs: null, mounted: false };

function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function keys(mode) {
  const opening = indexedDB.open(KEYS, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore("keys");
  const database = await done(opening);
  return { keys: database.transaction("keys", mode).objectStore("keys"), close: () => database.close() };
}

async function withKeys(mode, work) {
  const opened = await keys(mode);
  try { return await done(work(opened.keys)); } finally { opened.close(); }
}

function synchronised(fromDisk) {
  return new Promise((resolve, reject) => device.fs.syncfs(fromDisk, (error) => (error ? reject(error) : resolve())));
}

async function mounted() {
  if (device.mounted) return;
  device.fs.mkdirTree(FOLDER);
  device.fs.mount(device.fs.filesystems.IDBFS, {}, FOLDER);
  await synchronised(true);
  device.mounted = true;
}

const stam_device = {
  drawn: () => postMessage({ drawn: true }), // the page may take its waiting picture away
  async load(owner, create) {
    if (!globalThis.crypto?.subtle) return false; // a page that came by plain HTTP
    device.key = (await withKeys("readonly", (store) => store.get(owner))) ?? null;
    if (device.key === null && !create) return false;
    await mounted();
    if (device.key !== null) return true;
    await stam_device.destroy(); // what is there was another user's
    const made = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
    await withKeys("readwrite", (store) => store.put(made, owner));
    device.key = made;
    return true;
  },
  save: () => synchronised(false),
  async seal(content, about) {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const additionalData = new TextEncoder().encode(about);
    const sealed = new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData }, device.key, content));
    const both = new Uint8Array(iv.length + sealed.length);
    both.set(iv);
    both.set(sealed, iv.length);
    return both;
  },
  async unseal(sealed, about) {
    const additionalData = new TextEncoder().encode(about);
    const how = { name: "AES-GCM", iv: sealed.slice(0, 12), additionalData };
    return new Uint8Array(await crypto.subtle.decrypt(how, device.key, sealed.slice(12)));
  },
  async destroy() {
    device.key = null;
    await withKeys("readwrite", (store) => store.clear()); // first: without the key the files are noise
    await mounted();
    for (const name of device.fs.readdir(FOLDER).filter((name) => !name.startsWith("."))) device.fs.unlink(`${FOLDER}/${name}`);
    await synchronised(false);
  },
};

async function start({ pyodideUrl, args, documentUrl, archiveUrl, module }) {
  const fetched = archive(archiveUrl);
  const { loadPyodide } = await import(pyodideUrl);
  const python = await loadPyodide({ stdout: (text) => console.log(text), stderr: (text) => console.error(text) });
  performance.mark("stam-pyodide");
  python.FS.writeFile(ARCHIVE, await fetched);
  flet_js.args = args;
  flet_js.documentUrl = documentUrl;
  python.registerJsModule("flet_js", flet_js);
  device.fs = python.FS;
  python.registerJsModule("stam_device", stam_device);
  python.globals.set("archive", ARCHIVE);
  python.globals.set("module", module);
  await python.runPythonAsync(`
    import runpy, sys
    sys.path[:0] = [archive, archive + "/__pypackages__"]
    runpy.run_module(module, run_name="__main__")
  `);
  performance.mark("stam-imported");
  await flet_js.start_connection(flet_js.receive_callback);
  return performance.getEntriesByType("mark").map((mark) => [mark.name, performance.timeOrigin + mark.startTime]);
}

onmessage = async ({ data }) => {
  onmessage = ({ data }) => flet_js.send(data);
  try {
    postMessage({ started: await start(data) });
  } catch (error) {
    postMessage({ failed: String(error) });
  }
};
