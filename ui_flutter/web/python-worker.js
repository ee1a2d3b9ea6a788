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

async function start({ pyodideUrl, documentUrl, archiveUrl, module }) {
  const fetched = archive(archiveUrl);
  const { loadPyodide } = await import(pyodideUrl);
  const python = await loadPyodide({ stdout: (text) => console.log(text), stderr: (text) => console.error(text) });
  performance.mark("stam-pyodide");
  python.FS.writeFile(ARCHIVE, await fetched);
  flet_js.documentUrl = documentUrl;
  python.registerJsModule("flet_js", flet_js);
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
