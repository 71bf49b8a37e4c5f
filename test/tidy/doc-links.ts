import { posix } from 'node:path';

/** GitHub's anchor of a heading. */
export function anchorOf(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(/\s/g, '-');
}

function withoutCode(text: string): string {
  return text.replaceAll(/^(```|~~~)[\s\S]*?^\1/gm, '').replaceAll(/`[^`\n]*`/g, '');
}

function anchorsIn(text: string): string[] {
  return [...text.matchAll(/^#{1,6}\s+(.+)$/gm)].map((match) => anchorOf(match[1] ?? ''));
}

/** Relative links of a page whose file or heading does not exist. `pages` holds every file by path. */
export function brokenLinks(path: string, pages: ReadonlyMap<string, string>): string[] {
  const text = pages.get(path) ?? '';
  return [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)].flatMap((match) => {
    const link = match[1] ?? '';
    if (/^[a-z][a-z0-9+.-]*:/.test(link)) return [];
    const [file = '', anchor] = link.split('#');
    const target =
      file === '' ? path : posix.normalize(posix.join(posix.dirname(path), file)).replace(/\/$/, '');
    const isFolder = [...pages.keys()].some((one) => one.startsWith(`${target}/`));
    if (!pages.has(target) && !isFolder) return [`${path}: ${link} leads nowhere`];
    if (anchor && pages.has(target) && !anchorsIn(pages.get(target) ?? '').includes(anchor)) {
      return [`${path}: ${link}: no such heading`];
    }
    return [];
  });
}

/** Paths of the project named in the text (in backticks) that do not exist. */
export function missingPaths(path: string, pages: ReadonlyMap<string, string>): string[] {
  const text = (pages.get(path) ?? '').replaceAll(/^(```|~~~)[\s\S]*?^\1/gm, '');
  const named = [
    ...text.matchAll(
      /`((?:core|cli|server|migrations|operators|dags|bench|test|docs)\/[\w./-]+?)(?:#\w+)?`/g,
    ),
  ];
  return named.flatMap((match) => {
    const target = (match[1] ?? '').replace(/\/$/, '');
    const exists = pages.has(target) || [...pages.keys()].some((one) => one.startsWith(`${target}/`));
    return exists ? [] : [`${path}: \`${match[1]}\` does not exist`];
  });
}
