import { createHash, randomUUID } from 'node:crypto';
import { open, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CONFIG_FILE } from '../core/config/load-config.ts';

/** The text of the config file of a project; empty if there is none. */
export async function readConfigText(projectDir: string): Promise<string> {
  return readFile(join(projectDir, CONFIG_FILE), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
}

/** What tells one text from another one, as the header ETag has it. */
export function etagOf(text: string): string {
  return `"${createHash('sha256').update(text).digest('hex').slice(0, 32)}"`;
}

/** Puts a text in the place of the config file: whoever reads it finds the old one or the new one. */
export async function writeConfigText(projectDir: string, text: string): Promise<void> {
  const path = join(projectDir, CONFIG_FILE);
  const mode = (await stat(path).catch(() => null))?.mode ?? 0o644;
  const draft = `${path}.${randomUUID()}.tmp`;
  try {
    const file = await open(draft, 'wx', mode & 0o777);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}
