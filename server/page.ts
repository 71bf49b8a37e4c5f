import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Hono } from 'hono';
import { packagePath } from '../core/config/installation.ts';

const TYPES = {
  'index.html': 'text/html; charset=utf-8',
  'icon.svg': 'image/svg+xml',
  'page.css': 'text/css; charset=utf-8',
  'api.js': 'text/javascript; charset=utf-8',
  'clock.js': 'text/javascript; charset=utf-8',
  'element.js': 'text/javascript; charset=utf-8',
  'log.js': 'text/javascript; charset=utf-8',
  'reference.html': 'text/html; charset=utf-8',
  'reference.css': 'text/css; charset=utf-8',
  'reference.js': 'text/javascript; charset=utf-8',
  'schema-view.js': 'text/javascript; charset=utf-8',
  'main.js': 'text/javascript; charset=utf-8',
  'run.js': 'text/javascript; charset=utf-8',
  'runs.js': 'text/javascript; charset=utf-8',
  'words.js': 'text/javascript; charset=utf-8',
} as const;

/** The page runs its own files and talks to its own server: nothing else, and nothing that stands in it. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const PLACES: { readonly [name: string]: string } = { 'index.html': '/', 'reference.html': '/docs' };

/**
 * Serves the page over runs at `/`, and the reference of the API at `/docs`. Their files are these and no
 * others, and hold nothing of the project.
 */
export function servePage(app: Hono): void {
  for (const [name, type] of Object.entries(TYPES)) {
    const path = PLACES[name] ?? `/page/${name}`;
    app.get(path, (context) => {
      const text = readFileSync(join(packagePath('server/page'), name));
      const headers = {
        'content-type': type,
        'content-security-policy': POLICY,
        'cache-control': 'no-cache',
      };
      return context.body(text, 200, headers);
    });
  }
}
