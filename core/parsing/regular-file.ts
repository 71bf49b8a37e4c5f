import { lstatSync, readlinkSync, type Stats, statSync } from 'node:fs';

/** The size of a file that may be read, or what else is there, as the end of `<path> ...`. */
export type RegularFile =
  | { readonly ok: true; readonly bytes: number }
  | { readonly ok: false; readonly message: string };

/**
 * Looks at a path without opening it: to read a named pipe or a device may never end. A link is as good as
 * the file it leads to.
 */
export function regularFile(path: string): RegularFile {
  const own = lstatSync(path, { throwIfNoEntry: false });
  if (own === undefined) return { ok: false, message: 'there is no such file' };
  try {
    const found = statSync(path);
    if (found.isFile()) return { ok: true, bytes: found.size };
    const verb = own.isSymbolicLink() ? 'leads to' : 'is';
    return { ok: false, message: `it is not read: it ${verb} ${kindOf(found)}, not a file` };
  } catch (error) {
    return { ok: false, message: `it is not read: ${whyOf(path, error as NodeJS.ErrnoException)}` };
  }
}

function kindOf(found: Stats): string {
  if (found.isDirectory()) return 'a folder';
  if (found.isFIFO()) return 'a named pipe';
  return found.isSocket() ? 'a socket' : 'a device';
}

function whyOf(path: string, { code, message }: NodeJS.ErrnoException): string {
  if (code === 'ENOENT') return `it is a link to '${readlinkSync(path)}', which does not exist`;
  return code === 'ELOOP' ? 'it is a link that leads back to itself' : message;
}
