// node imported.mjs <folder of Pyodide> <archive>: what the console's start imports of the two archives, as JSON.
import { readFileSync } from "node:fs";

const [pyodide, archive] = process.argv.slice(2);
const { loadPyodide } = await import(`${pyodide}/pyodide.mjs`);
const python = await loadPyodide({ indexURL: `${pyodide}/` });
python.FS.writeFile("/console.zip", readFileSync(archive));
python.registerJsModule("flet_js", {});
const imported = python.runPython(`
import sys
sys.path[:0] = ["/console.zip", "/console.zip/__pypackages__"]
import flet.messaging.pyodide_connection, ui_flutter.main
import sqlite3, json
specs = (getattr(module, "__spec__", None) for module in sys.modules.values())
origins = {str(spec.origin) for spec in specs if spec is not None}  # "frozen" where Python has it in itself
json.dumps(sorted(origin for origin in origins if ".zip/" in origin))
`);
console.log(imported);
process.exit(0);
