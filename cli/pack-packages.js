/**
 * Run by npm after an install in a checkout: makes one file of each package that orch loads at every start.
 * Some have hundreds of small modules, and finding and linking them takes longer than running them. And it
 * compiles the checks of large schemas, which takes longer than most commands. Without the files, or with
 * those of another version, the packages themselves are loaded and the schemas compiled.
 */
import { createHash } from 'node:crypto';
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

const PACKAGES = ['ajv', 'chokidar', 'commander', 'kysely', 'pino', 'typebox', 'yaml'];
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
  for (const name of PACKAGES) {
    const { version } = JSON.parse(readFileSync(join(project, 'node_modules', name, 'package.json'), 'utf8'));
    const file = `${name}-${version}.mjs`;
    if (!existsSync(join(folder, file))) await pack(rolldown, name, file);
    index[name] = { version, file };
  }
  publish('index.json', JSON.stringify(index));
  const checks = await packChecks(rolldown);
  publish('ready-checks.json', JSON.stringify({ file: checks[0] }));
  const files = [...Object.values(index).map(({ file }) => file), ...checks];
  const olds = readdirSync(folder).filter((file) => /\.[cm]js$/.test(file) && !files.includes(file));
  for (const old of olds) rmSync(join(folder, old), { force: true });
}

function publish(name, text) {
  const path = join(folder, name);
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, text);
  renameSync(draft, path);
}

/** Compiles each check of a large schema into a module, loaded at its first use; the files, index first. */
async function packChecks(rolldown) {
  const { LARGE_SCHEMAS } = await import('../core/schema/large-schemas.ts');
  const { checkKey, newAjv } = await import('../core/schema/validate.ts');
  const { default: standalone } = await import('ajv/dist/standalone/index.js');
  const { version } = JSON.parse(readFileSync(join(project, 'node_modules/ajv/package.json'), 'utf8'));
  const files = [];
  const entries = [];
  for (const { schema, allErrors } of LARGE_SCHEMAS) {
    const key = checkKey(schema, allErrors);
    const file = `check-${version}-${key}.cjs`;
    if (!existsSync(join(folder, file))) {
      const ajv = newAjv({ allErrors, checkSchemas: false, keepsCode: true });
      await packModule(rolldown, file, standalone.default(ajv, ajv.compile(schema)));
    }
    files.push(file);
    entries.push(`  get '${key}'() { return require('./${file}'); },\n`);
  }
  const digest = createHash('sha256').update(files.join()).digest('hex');
  const index = `ready-checks-${digest.slice(0, 16)}.mjs`;
  const require = 'const require = createRequire(import.meta.url);';
  const code = `import { createRequire } from 'node:module';\n${require}\n`;
  if (!existsSync(join(folder, index)))
    publish(index, `${code}export const READY_CHECKS = {\n${entries.join('')}};\n`);
  return [index, ...files];
}

/** Packs code with what it imports into a file. */
async function packModule(rolldown, file, code) {
  const scratch = mkdtempSync(join(folder, 'new-'));
  try {
    writeFileSync(join(scratch, 'entry.cjs'), code);
    const output = { file: join(scratch, file), format: 'cjs', minify: true };
    await bundle(rolldown, join(scratch, 'entry.cjs'), output);
    renameSync(join(scratch, file), join(folder, file));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function bundle(rolldown, input, output) {
  const made = await rolldown({ input, platform: 'node', logLevel: 'silent' });
  await made.write({ codeSplitting: false, ...output });
  await made.close();
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
