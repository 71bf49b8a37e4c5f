import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { packagePath } from '../../core/config/installation.ts';
import { type Served, serve } from './served.ts';

const FOLDER = packagePath('server/page');
const names = readdirSync(FOLDER);
const textOf = (name: string): string => readFileSync(join(FOLDER, name), 'utf8');

const PLACES: { readonly [name: string]: string } = { 'index.html': '/', 'reference.html': '/docs' };

describe('the page', () => {
  let api: Served;
  beforeAll(async () => {
    api = await serve({ 'dags/a.yaml': "id: a\ntasks: { one: { run: 'true' } }\n" }, { isOpen: false });
  });
  afterAll(() => api[Symbol.asyncDispose]());
  const ask = (path: string) => api.app.request(`http://localhost${path}`);

  test('is served with all of its files, and with nothing else of that folder', async () => {
    for (const name of names) {
      const response = await ask(PLACES[name] ?? `/page/${name}`);
      expect(response.status, name).toBe(200);
      expect(await response.text(), name).toBe(textOf(name));
      expect(response.headers.get('content-security-policy')).toContain("script-src 'self'");
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    }
    for (const path of ['/page/', '/page/x.js', '/page/../page.ts', '/page/%2e%2e/page.ts', '/page//main.js'])
      expect((await ask(path)).status, path).toBe(404);
  });

  test('names only files that are served', () => {
    const pages = textOf('index.html') + textOf('reference.html');
    const inPage = [...pages.matchAll(/(?:href|src)="\/page\/([^"]+)"/g)].map(([, name]) => name);
    const imported = names
      .filter((name) => name.endsWith('.js'))
      .flatMap((name) => [...textOf(name).matchAll(/from '\.\/([^']+)'/g)].map(([, one]) => one));
    expect(names).toEqual(expect.arrayContaining([...inPage, ...imported]));
  });

  test('ends lines in the name of a task only between parts of its path', async () => {
    const node = () => ({
      text: '',
      classList: { add: () => {} },
      append(text: string) {
        this.text += text;
      },
    });
    vi.stubGlobal('document', { createElement: node });
    type Words = { nameParts(name: string): readonly { readonly text: string }[] };
    const { nameParts }: Words = await import(pathToFileURL(join(FOLDER, 'words.js')).href);
    const parts = (name: string): string[] => nameParts(name).map(({ text }) => text);
    expect(parts('file[a.csv].load')).toEqual(['file[a.csv]', '.load']);
    expect(parts('load.check.rows')).toEqual(['load', '.check', '.rows']);
    expect(parts('by_day[a/b].x[1.5].y')).toEqual(['by_day[a/b]', '.x[1.5]', '.y']);
    vi.unstubAllGlobals();
  });

  test('makes no HTML of what is stored, and runs nothing that stands in it', () => {
    for (const name of names) {
      expect(textOf(name), name).not.toMatch(
        /\.(inner|outer)HTML\s*=[^=]|insertAdjacentHTML|document\.write|\beval\(/,
      );
      expect(textOf(name), name).not.toMatch(/<script(?![^>]*src=)|\son\w+="|style="/);
    }
  });
});
