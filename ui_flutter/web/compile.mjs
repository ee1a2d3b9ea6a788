// node compile.mjs <folder of Pyodide> <sources> <bytecode out>
//
// Compiles modules to bytecode by the very Python that will run them. Sources are a marshalled list of (path, content),
// the bytecode is one of as many `.pyc`, in the same order.
//
// Python's `site` runs us, as `sitecustomize`, when the interpreter is up and before Pyodide imports its own package: that,
// compiled from source, would cost more than all we compile. So nothing but what is built in is imported here.

import { readFileSync, writeFileSync } from "node:fs";

const [pyodide, sources, target] = process.argv.slice(2);
const FOLDER = "/compile";
const COMPILE = `
import _imp, marshal, os, sys
from _frozen_importlib_external import _code_to_hash_pyc

def compiled(path, content):
    code = compile(content, path, "exec", dont_inherit=True)
    return bytes(_code_to_hash_pyc(code, _imp.source_hash(_imp.pyc_magic_number_token, content), False))

try:
    with open("${FOLDER}/in", "rb") as stream:
        sources = marshal.loads(stream.read())
    bytecode = marshal.dumps([compiled(path, content) for path, content in sources], 4)
    with open("${FOLDER}/out", "wb") as stream:
        stream.write(bytecode)
except SyntaxError as error:
    print(f"{error.filename}:{error.lineno}: {error.msg}", file=sys.stderr, flush=True)
except BaseException as error:
    print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
os._exit(0)
`;

let files;
function prepare(fs) {
  files = fs;
  fs.mkdirTree(FOLDER);
  fs.writeFile(`${FOLDER}/sitecustomize.py`, COMPILE);
  fs.writeFile(`${FOLDER}/in`, readFileSync(sources));
}

try {
  const { loadPyodide } = await import(`${pyodide}/pyodide.mjs`);
  await loadPyodide({ indexURL: `${pyodide}/`, env: { PYTHONPATH: FOLDER }, fsInit: prepare });
} catch (error) {
  if (error?.name !== "ExitStatus") console.error(String(error?.message ?? error)); // that is our own exit
}
if (!files?.analyzePath(`${FOLDER}/out`).exists) process.exit(1);
writeFileSync(target, files.readFile(`${FOLDER}/out`));
process.exit(0); // Pyodide leaves handles open
