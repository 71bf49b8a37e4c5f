/** A pattern for files of one folder of the project. */
export interface FilePattern {
  /** The folder, relative to the project; empty for the project itself. */
  readonly folder: string;
  /** Whether a file of that folder is meant, by its name. */
  readonly matches: (name: string) => boolean;
  /** The same of a path relative to the project. */
  readonly fits: (path: string) => boolean;
}

/** What is wrong with a pattern for files; `null` if nothing is. */
export function filePatternProblem(pattern: string): string | null {
  const parts = pattern.split('/');
  const name = parts.at(-1) as string;
  if (pattern.includes('\\') || /\p{Cc}/u.test(pattern))
    return `'${pattern}' holds a character that file patterns do not take`;
  if (pattern.startsWith('/')) return `'${pattern}' is absolute: files are relative to the project`;
  if (parts.some((part) => part === '')) return `'${pattern}' has an empty part between two '/'`;
  if (parts.some((part) => part.startsWith('.')))
    return `'${pattern}' leaves the project or is hidden: no part may begin with '.'`;
  if (parts.slice(0, -1).some((part) => /[*?]/.test(part)))
    return `'${pattern}' has '*' or '?' in a folder: they may stand in the name of the file only`;
  return name.includes('**') ? `'${pattern}' has '**': '*' stands for any part of a name` : null;
}

/**
 * Reads a pattern without a problem: `*` is any part of a name, `?` one character; hidden files never match.
 */
export function filePattern(pattern: string): FilePattern {
  const cut = pattern.lastIndexOf('/');
  const wanted = [...pattern.slice(cut + 1)];
  const folder = pattern.slice(0, Math.max(0, cut));
  const matches = (name: string): boolean => !name.startsWith('.') && isMatch(wanted, [...name]);
  const prefix = pattern.slice(0, cut + 1);
  const fits = (path: string): boolean => path.startsWith(prefix) && matches(path.slice(prefix.length));
  return { folder, matches, fits };
}

/** Goes back to the last `*` only, so that it takes no longer than both lengths multiplied. */
function isMatch(wanted: readonly string[], name: readonly string[]): boolean {
  let [at, star, resume] = [0, -1, 0];
  for (let index = 0; index < name.length; ) {
    if (wanted[at] === '*') {
      star = at++;
      resume = index;
    } else if (wanted[at] === '?' || wanted[at] === name[index]) {
      at++;
      index++;
    } else if (star >= 0) {
      at = star + 1;
      index = ++resume;
    } else return false;
  }
  while (wanted[at] === '*') at++;
  return at === wanted.length;
}
