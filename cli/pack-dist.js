/**
 * Run by `npm run build`: packs orch, and the packages that it loads at every start, into the few files of
 * `dist/`. Node strips no types under `node_modules`, and finding and linking hundreds of modules takes
 * longer than running them. A file holds what is loaded together; no module is in two files, so each is one
 * instance however it is reached.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { packChecks, publish } from './pack-checks.js';
import PACKED_PACKAGES from './packed-packages.json' with { type: 'json' };

const project = fileURLToPath(new URL('..', import.meta.url));
const dist = join(project, 'dist');
/** As deep as `core/config/installation.ts`, which finds the other files from where it is itself. */
const FOLDER = 'core/packed';
const READY_CHECKS = 'ready-checks.js';

/** Modules that are started or imported by their path: the command, `orch` and `Entry` of installation.ts. */
const ENTRIES = [
  'cli/main',
  'core/authoring/index',
  'core/executors/keeper-main',
  'core/executors/runner-main',
  'core/parsing/parse-child',
  ...operators(),
];

/**
 * Files, each with the modules that it begins with: it holds these and all that they import and that no file
 * above has; of an entry, all that it imports. What begins with the least comes first, so that a runner does
 * not load a scheduler.
 */
const FILES = {
  attempts: ['core/executors/keeper-main', 'core/executors/runner-main'],
  parsing: ['core/parsing/parse-child', 'core/authoring/dag'],
  commands: ['cli/main', 'cli/commands/scheduler', 'cli/commands/up'],
  engine: [
    'core/scheduler/dag-library',
    'core/scheduler/lead',
    'core/scheduler/project',
    'core/scheduler/session',
    'core/scheduler/start-leading',
    'core/store/sqlite/sqlite-store',
  ],
  runs: ['cli/commands/list', 'cli/commands/trigger'],
};

mkdirSync(join(dist, FOLDER), { recursive: true });
const checks = await packChecks(rolldown, join(dist, FOLDER));
publish(join(dist, FOLDER), READY_CHECKS, checks.code);
const packed = await packModules();
writeFileSync(join(dist, 'THIRD-PARTY-NOTICES.txt'), notices(packed));

/** Packs all modules; the folders of the packages that are in the files. */
async function packModules() {
  const imports = new Map();
  const made = await rolldown({
    cwd: project,
    input: Object.fromEntries(ENTRIES.map((entry) => [entry, source(entry)])),
    platform: 'node',
    logLevel: 'silent',
    external: (id, importer) => isLeftOut(id, importer),
    plugins: [
      { name: 'ready-checks', resolveId: readyChecks },
      { name: 'imports', moduleParsed: ({ id, importedIds }) => void imports.set(id, importedIds) },
    ],
  });
  const { output } = await made.write({
    dir: dist,
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: `${FOLDER}/[name]-[hash].js`,
    codeSplitting: { groups: groups(imports) },
  });
  await made.close();
  const modules = output.flatMap((file) => file.moduleIds ?? []);
  return [...new Set(modules.flatMap((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id)?.[0] ?? []))];
}

function operators() {
  const files = readdirSync(join(project, 'operators')).filter((file) => file !== 'index.ts');
  return files.map((file) => `operators/${file.replace(/\.ts$/, '')}`);
}

function source(module) {
  return join(project, `${module}.ts`);
}

/** `imports`: what each module imports; it is known by the time that a module is put into a file. */
function groups(imports) {
  const names = Object.keys(FILES);
  const begins = (name) =>
    FILES[name].flatMap((module) =>
      ENTRIES.includes(module) ? imports.get(source(module)) : [source(module)],
    );
  return names.map((name, index) => ({
    name,
    priority: names.length - index,
    test: (id) => begins(name).includes(id),
  }));
}

/** Packages that are installed beside orch; those that a packed one needs are packed with it. */
function isLeftOut(id, importer) {
  if (id.startsWith('.') || id.startsWith('/')) return false;
  const name = /^(?:@[^/]+\/)?[^/]+/.exec(id)?.[0];
  return isBuiltin(id) || !(PACKED_PACKAGES.includes(name) || importer?.includes('/node_modules/'));
}

/** The list of compiled checks lies beside the files that import it. */
function readyChecks(id, importer) {
  const meant = importer !== undefined && join(importer, '..', id) === source('core/schema/ready-checks');
  return meant ? { id: `./${READY_CHECKS}`, external: true } : null;
}

/** The licences of packed packages ask for their text beside every copy. */
function notices(folders) {
  const texts = folders.sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
    if (file === undefined) throw new Error(`${name} has no text of its licence`);
    return `${name} ${version} (${license})\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`;
  });
  return `The files of orch hold code of these packages.\n\n${texts.join(`\n${'-'.repeat(80)}\n\n`)}`;
}
