/**
 * Writes the OpenAPI document of the routes to `openapi.json`, which is what clients rely on, and the types
 * of a client to `client/generated/api.ts`. Refuses what breaks clients, unless it is told to with
 * `--breaking`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { packagePath } from '../core/config/installation.ts';
import { breakingChanges, type Document } from './breaking-changes.ts';
import { type ClientSource, clientTypes } from './client-types.ts';
import { openApiText } from './openapi.ts';
import { ROUTES } from './routes/all.ts';

const file = packagePath('openapi.json');
const text = openApiText(ROUTES);
const broken = breakingChanges(
  JSON.parse(readFileSync(file, 'utf8')) as Document,
  JSON.parse(text) as Document,
);
if (broken.length > 0 && !process.argv.includes('--breaking')) {
  process.stderr.write(
    `${broken.join('\n')}\nThis breaks clients. If it is meant: npm run openapi -- --breaking\n`,
  );
  process.exitCode = 1;
} else {
  writeFileSync(file, text);
  const types = new URL('../client/generated/api.ts', import.meta.url);
  writeFileSync(types, clientTypes(JSON.parse(text) as ClientSource));
}
