// Type errors of TypeScript programs before and after an edit, by the compiler with --strict.
//
// Asked once for all: declarations of libraries are parsed once. In: a list of {name, root, changed: [{now, was}]} on the
// standard input, `now` a file and `was` the same one before the edit. Out: for each its errors before and after.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const [modules] = process.argv.slice(2);
const ts = createRequire(join(modules, 'x.js'))('typescript');
const options = {
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  esModuleInterop: true,
  resolveJsonModule: true,
  allowImportingTsExtensions: true,
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.CommonJS,
  moduleResolution: ts.ModuleResolutionKind.Node10,
  ignoreDeprecations: '5.0',
  types: ['node'],
  typeRoots: [join(modules, '@types')],
};
const shared = new Map();

/** The errors of the files that an edit concerns, without their lines, which move. */
function errors(files, contents) {
  const host = ts.createCompilerHost(options, true);
  const read = host.getSourceFile.bind(host);
  host.getSourceFile = (name, ...rest) => {
    if (contents.has(name)) return ts.createSourceFile(name, contents.get(name), rest[0], true);
    if (!name.includes('node_modules')) return read(name, ...rest);
    if (!shared.has(name)) shared.set(name, read(name, ...rest));
    return shared.get(name);
  };
  const program = ts.createProgram({ rootNames: files, options, host });
  const own = files.map((name) => program.getSourceFile(name)).filter(Boolean);
  const found = own.flatMap((file) => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]);
  return found.map((d) => `${d.file.fileName}: TS${d.code}: ${ts.flattenDiagnosticMessageText(d.messageText, ' ')}`);
}

const results = {};
for (const { name, changed } of JSON.parse(readFileSync(0, 'utf8'))) {
  const files = changed.map(({ now }) => now);
  const text = (which) => new Map(changed.map((file) => [file.now, readFileSync(file[which], 'utf8')]));
  results[name] = { before: errors(files, text('was')), after: errors(files, text('now')) };
}
console.log(JSON.stringify(results));
