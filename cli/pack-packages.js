/**
 * Run by npm after an install in a checkout: makes one file of each package that orch loads at every start.
 * Some have hundreds of small modules, and finding and linking them takes longer than running them. And it
 * compiles the checks of large schemas, which takes longer than most commands. Without the files, or with
 * those of another version, the packages themselves are loaded and the schemas compiled.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { bundle, packChecks, publish } from './pack-checks.js';
import PACKED_PACKAGES from './packed-packages.json' with { type: 'json' };

const project = fileURLToPath(new URL('..', import.meta.url));
const folder = join(project, 'node_modules', '.cache', 'orch', 'packages');

try {
  await packAll();
} catch (error) {
  // An install without development dependencies has no bundler. Nothing but speed depends on it.
  process.stderr.write(`orch starts without packed packages: ${error.message}\n`);
}

/** Files come whole, then the index, and only then old ones go: an orch that starts meanwhile finds all. */
async function packAll() {
  const { rolldown } = await import('rolldown');
  mkdirSync(folder, { recursive: true });
  const index = {};
  for (const name of PACKED_PACKAGES) {
    const { version } = JSON.parse(readFileSync(join(project, 'node_modules', name, 'package.json'), 'utf8'));
    const file = `${name}-${version}.mjs`;
    if (!existsSync(join(folder, file))) await pack(rolldown, name, file);
    index[name] = { version, file };
  }
  publish(folder, 'index.json', JSON.stringify(index));
  const checks = await packChecks(rolldown, folder);
  const list = `ready-checks-${checks.digest}.mjs`;
  if (!existsSync(join(folder, list))) publish(folder, list, checks.code);
  publish(folder, 'ready-checks.json', JSON.stringify({ file: list }));
  const files = [...Object.values(index).map(({ file }) => file), list, ...checks.files];
  const olds = readdirSync(folder).filter((file) => /\.[cm]js$/.test(file) && !files.includes(file));
  for (const old of olds) rmSync(join(folder, old), { force: true });
}

/** Packs a package and makes sure that the file exports what the package does. */
async function pack(rolldown, name, file) {
  const original = await import(name);
  const names = Object.keys(original).filter((one) => /^[\w$]+$/.test(one) && one !== 'module.exports');
  const scratch = mkdtempSync(join(folder, 'new-'));
  try {
    const entry = join(scratch, `${name}.entry.mjs`);
    const output = join(scratch, file);
    writeFileSync(entry, `export { ${names.join(', ')} } from '${name}';\n`);
    await bundle(rolldown, entry, { file: output, format: 'esm' });
    const packed = await import(pathToFileURL(output).href);
    const wrong = names.filter((one) => typeof packed[one] !== typeof original[one]);
    if (wrong.length > 0) throw new Error(`${name} packed lacks ${wrong.join(', ')}`);
    renameSync(output, join(folder, file));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
