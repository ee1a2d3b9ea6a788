// node compile.mjs <folder of Pyodide> <archive> <archive out> <library out>
//
// Compiles the console's archive, and what it imports of Python's library, to bytecode, by the very Python that will run
// it: a browser then starts without compiling 200 modules. What is not imported at the start stays source.

import { readFileSync, writeFileSync } from "node:fs";

const [pyodide, source, target, library] = process.argv.slice(2);
const COMPILE = `
import importlib.util, io, runpy, sys, zipfile
from importlib._bootstrap_external import _code_to_hash_pyc

LIBRARY = "/lib/python314.zip"
ALSO = ("sqlite3/__init__.py", "sqlite3/dbapi2.py")  # of the offline cache; imported when it is opened

def compiled(source, wanted, place):
    out = io.BytesIO()
    with zipfile.ZipFile(source) as files, zipfile.ZipFile(out, "w") as target:
        for name in sorted(name for name in files.namelist() if not name.endswith("/")):
            content = files.read(name)
            if name.endswith(".py") and wanted(name):
                code = compile(content, f"{place}/{name}", "exec", dont_inherit=True)
                content = bytes(_code_to_hash_pyc(code, importlib.util.source_hash(content), False))
                name += "c"
            target.writestr(zipfile.ZipInfo(name), content)
    return out.getvalue()

sys.path[:0] = ["/console.zip", "/console.zip/__pypackages__"]
import flet.messaging.pyodide_connection, ui_flutter.main
names = {str(getattr(module, "__file__", "")) for module in list(sys.modules.values())}
loaded = {name.removeprefix(LIBRARY + "/") for name in names if name.startswith(LIBRARY)} | set(ALSO)
open("/console.out", "wb").write(compiled("/console.zip", lambda name: True, "/console.zip"))
open("/library.out", "wb").write(compiled(LIBRARY, loaded.__contains__, LIBRARY))
`;

try {
  const { loadPyodide } = await import(`${pyodide}/pyodide.mjs`);
  const python = await loadPyodide({ indexURL: `${pyodide}/` });
  python.FS.writeFile("/console.zip", readFileSync(source));
  python.registerJsModule("flet_js", {});
  python.runPython(COMPILE);
  writeFileSync(target, python.FS.readFile("/console.out"));
  writeFileSync(library, python.FS.readFile("/library.out"));
} catch (error) {
  console.error(String(error.message));
  process.exit(1);
}
process.exit(0); // Pyodide leaves handles open
