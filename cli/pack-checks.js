/**
 * Compiles the checks of large schemas into modules, which takes longer than most commands: for the cache of
 * a checkout and for the package.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const project = fileURLToPath(new URL('..', import.meta.url));

/** Writes a file so that whoever reads it finds all of it, or the one before. */
export function publish(folder, name, text) {
  const path = join(folder, name);
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, text);
  renameSync(draft, path);
}

/** Compiles each check into a module of a folder, and gives their files and the code that lists them. */
export async function packChecks(rolldown, folder) {
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
      await packModule(rolldown, folder, file, standalone.default(ajv, ajv.compile(schema)));
    }
    files.push(file);
    entries.push(`  get '${key}'() { return require('./${file}'); },\n`);
  }
  const digest = createHash('sha256').update(files.join()).digest('hex');
  const require = 'const require = createRequire(import.meta.url);';
  const head = `import { createRequire } from 'node:module';\n${require}\n`;
  const code = `${head}export const READY_CHECKS = {\n${entries.join('')}};\n`;
  return { files, code, digest: digest.slice(0, 16) };
}

/** Packs code with what it imports into a file. */
async function packModule(rolldown, folder, file, code) {
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

export async function bundle(rolldown, input, output) {
  const made = await rolldown({ input, platform: 'node', logLevel: 'silent' });
  await made.write({ codeSplitting: false, ...output });
  await made.close();
}
