import { styleText } from 'node:util';
import { ROLES } from '../../core/model/account.ts';
import { ROUTES } from '../../server/routes/all.ts';
import { ADVISORIES, WALKS } from './advisories.ts';
import { ASVS } from './asvs.ts';
import type { SecurityRow } from './row.ts';

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const head = (text: string): void => say(`\n${styleText('bold', text)}\n`);

/** Every route with the least role that may use it. */
function sayMatrix(): void {
  head(`Routes and the least role: public, then ${ROLES.join(', ')}`);
  for (const { method, path, role } of ROUTES)
    say(`${role.padEnd(9)} ${method.toUpperCase().padEnd(7)} ${path}`);
  say('');
  for (const [routes, { file, titles }] of Object.entries(WALKS))
    say(`${routes}: ${file}: ${titles.join(', ')}`);
}

function sayRow({ id, flaw, numbers, does, tests, like = [], notHere, open }: SecurityRow): void {
  say(`${id.padEnd(7)} ${flaw} (${numbers.join(', ')})`);
  const line = (word: string, text: string): void => say(`  ${word.padEnd(8)} ${text}`);
  line('does', does);
  for (const { file, titles } of tests) for (const title of titles) line('test', `${file}: ${title}`);
  if (like.length > 0) line('test', `those of ${like.join(', ')}`);
  if (notHere !== undefined) line('not here', notHere);
  if (open !== undefined) line('open', open);
}

function sayRows(title: string, rows: readonly SecurityRow[]): void {
  head(title);
  for (const row of rows) sayRow(row);
}

// Whoever reads the beginning of the list closes it.
process.stdout.on('error', () => process.exit(0));
sayMatrix();
sayRows('Advisories', ADVISORIES);
sayRows('OWASP ASVS 5.0', ASVS);
const all = [...ADVISORIES, ...ASVS];
const idsOf = (rows: readonly SecurityRow[]): string => rows.map(({ id }) => id).join(' ');
head('In short');
say(`${ROUTES.length} routes, ${all.length} rows`);
say(`not here: ${idsOf(all.filter(({ notHere }) => notHere !== undefined))}`);
say(`open:     ${idsOf(all.filter(({ open }) => open !== undefined))}`);
