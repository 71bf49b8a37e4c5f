import { execFileSync, spawn } from 'node:child_process';
import { userInfo } from 'node:os';
import { resolve } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { makeToken } from '../../core/accounts/keep-accounts.ts';
import { isPassword } from '../../core/accounts/password.ts';
import { secretHash } from '../../core/accounts/secret-text.ts';
import { openProject, type Project } from '../../core/scheduler/project.ts';
import { makeProject, type OrchOptions, orch } from './orch-process.ts';

vi.setConfig({ testTimeout: 120_000 });

const BIN = resolve(import.meta.dirname, '../../cli/orch.js');
const PASSWORD = 'correct horse battery';
const ME = `machine:${userInfo().username}`;

interface Place {
  run(words: readonly string[], options?: OrchOptions): ReturnType<typeof orch>;
  readonly dir: string;
  readonly project: Project;
}

async function place(): Promise<Place> {
  const dir = makeProject({});
  const project = await openProject(dir, { env: {} });
  onTestFinished(() => project.close());
  return { dir, project, run: (words, options) => orch(['-C', dir, ...words], options) };
}

/** Ids and instants made equal. */
const even = (text: string): string =>
  text
    .replaceAll(/\b[0-9a-f]{8}(-[0-9a-f-]{27})?\b/g, '<id>')
    .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d/g, '<date>')
    .replaceAll(ME, 'machine:<me>')
    .replaceAll(/ +/g, ' ');

const entriesOf = async ({ project }: Place) =>
  (await project.store.audit.entries({ limit: 10 })).map(({ actor, action, target, status }) => ({
    actor,
    action,
    target,
    status,
  }));

test('token create prints the secret alone on stdout, and stores its hash', async () => {
  const here = await place();
  const made = await here.run([
    'token',
    'create',
    'ci',
    '--role',
    'operator',
    '--dags',
    'a_*',
    '--dags',
    'b',
  ]);
  expect(made.code, made.stderr).toBe(0);
  expect(made.stdout).toMatch(/^orch_[A-Za-z0-9_-]{43}\n$/);
  expect(even(made.stderr)).toBe(
    'token ci (<id>): operator for a_*, b, until it is revoked. Its secret is shown this once.\n',
  );
  const token = await here.project.store.accounts.tokenByHash(secretHash(made.stdout.trim()));
  expect(token).toMatchObject({
    name: 'ci',
    createdBy: ME,
    expiresAt: null,
    grants: [
      { dags: 'a_*', role: 'operator' },
      { dags: 'b', role: 'operator' },
    ],
  });
  expect(await entriesOf(here)).toEqual([
    { actor: ME, action: 'createToken', target: 'name=ci', status: 201 },
  ]);
});

test('token create --json gives token and secret, --expires when it ends', async () => {
  const here = await place();
  const made = await here.run([
    'token',
    'create',
    'ci',
    '--role',
    'viewer',
    '--expires',
    '90d',
    '--json',
    '-q',
  ]);
  expect(made.stderr).toBe('');
  const { token, secret } = JSON.parse(made.stdout);
  expect(secret).toMatch(/^orch_/);
  expect(Date.parse(token.expiresAt) - Date.parse(token.createdAt)).toBe(90 * 86_400_000);
  const listed = await here.run(['token', 'list', '--json']);
  expect(JSON.parse(listed.stdout)).toEqual({ items: [token], nextCursor: null });
  expect(listed.stdout).not.toContain(secret);
});

test('token list and token revoke', async () => {
  const here = await place();
  expect(await here.run(['token', 'list'])).toMatchObject({ code: 0, stdout: '' });
  await here.run(['token', 'create', 'ci', '--role', 'viewer']);
  const listed = await here.run(['token', 'list']);
  expect(even(listed.stdout)).toBe(
    'id name may state (UTC) used made by\n<id> ci viewer for * holds never machine:<me>\n',
  );
  const tokenId = (await here.project.store.accounts.tokens())[0]?.tokenId ?? '';
  const byName = await here.run(['token', 'revoke', 'ci']);
  expect(byName).toMatchObject({ code: 4, stdout: '' });
  expect(byName.stderr).toContain(`Did you mean '${tokenId.slice(0, 8)}'?`);
  const revoked = await here.run(['token', 'revoke', tokenId.slice(0, 8)]);
  expect([revoked.code, revoked.stdout, even(revoked.stderr)]).toEqual([
    0,
    '',
    'token ci (<id>) is revoked\n',
  ]);
  expect(even((await here.run(['token', 'list'])).stdout)).toContain('revoked never');
  const again = await here.run(['token', 'revoke', tokenId]);
  expect(again).toMatchObject({ code: 5, stdout: '' });
  expect((await entriesOf(here))[0]).toEqual({
    actor: ME,
    action: 'revokeToken',
    target: `tokenId=${tokenId}`,
    status: 204,
  });
});

test('user set reads a password from stdin, keeps what is not named, and tells the audit log', async () => {
  const here = await place();
  const { accounts } = here.project.store;
  const made = await here.run(['user', 'set', 'ann', '--role', 'admin', '--password-stdin'], {
    input: `${PASSWORD}\n`,
  });
  expect(made).toEqual({ code: 0, stdout: '', stderr: 'user ann is new: admin for *\n' });
  const first = await accounts.account('ann');
  expect(await isPassword(PASSWORD, first?.passwordHash ?? null)).toBe(true);
  for (const change of [
    ['set', 'ann', '--disable'],
    ['remove', 'ann'],
  ])
    expect(await here.run(['user', ...change])).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('ann is the last one that may do everything: give another'),
    });
  expect(await accounts.account('ann')).toEqual(first);
  await makeToken(
    accounts,
    { name: 'root', grants: first?.grants ?? [], expiresAt: null },
    { by: 'me', at: 1 },
  );
  const less = await here.run(['user', 'set', 'ann', '--role', 'viewer', '--dags', 'a_*']);
  expect(less.stderr).toBe('user ann is changed: viewer for a_*\n');
  const off = await here.run(['user', 'set', 'ann', '--disable', '--json']);
  expect(JSON.parse(off.stdout)).toMatchObject({ name: 'ann', disabled: true, hasPassword: true });
  expect(off.stdout).not.toContain('scrypt');
  expect(await accounts.account('ann')).toEqual({
    ...first,
    disabled: true,
    grants: [{ dags: 'a_*', role: 'viewer' }],
  });
  expect(even((await here.run(['user', 'list'])).stdout)).toBe(
    'name may state made (UTC) made by\nann viewer for a_* disabled <date> machine:<me>\n',
  );
  expect(await here.run(['user', 'remove', 'anne'])).toMatchObject({
    code: 4,
    stderr: expect.stringContaining("Did you mean 'ann'?"),
  });
  expect(await here.run(['user', 'remove', 'ann'])).toMatchObject({ code: 0, stdout: '' });
  expect(await accounts.accounts()).toEqual([]);
  expect((await entriesOf(here)).map(({ action, status }) => [action, status])).toEqual([
    ['removeAccount', 204],
    ['saveAccount', 200],
    ['saveAccount', 200],
    ['removeAccount', 409],
    ['saveAccount', 409],
    ['saveAccount', 200],
  ]);
});

test.each<[string, string[], number, string]>([
  ['token creat', ['token', 'creat'], 2, "There is no 'orch token creat'. Did you mean 'create'?"],
  ['user lst', ['user', 'lst'], 2, "There is no 'orch user lst'. Did you mean 'list'?"],
  ['a role that is none', ['token', 'create', 'ci', '--role', 'oprator'], 2, "Did you mean 'operator'?"],
  ['no role', ['token', 'create', 'ci'], 2, 'needs a --role'],
  ['no name', ['token', 'create', '--role', 'viewer'], 2, 'needs a name'],
  ['dags that are none', ['token', 'create', 'ci', '--role', 'viewer', '--dags', '*x'], 2, "not '*x'"],
  ['a name that is none', ['user', 'set', 'a b', '--role', 'viewer'], 2, "'a b' is no name"],
  ['no terminal', ['user', 'set', 'ann', '--role', 'admin'], 2, 'pipe it to --password-stdin'],
  ['a user that is not there', ['user', 'set', 'ann', '--disable'], 4, 'A new one needs a --role.'],
  ['a password as a flag', ['user', 'set', 'ann', '--password', PASSWORD], 2, "Unknown option '--password'"],
  ['a token that is not there', ['token', 'revoke', '00000000'], 4, "no token with the id '00000000'"],
])('%s is refused, and nothing is changed', async (_name, words, code, sentence) => {
  const here = await place();
  const refused = await here.run(words);
  expect([refused.code, refused.stdout]).toEqual([code, '']);
  expect(refused.stderr).toContain(sentence);
  expect(await entriesOf(here)).toEqual([]);
});

test.each([
  ['too short', 'short\n'],
  ['too long', `${'x'.repeat(1_025)}\n`],
  ['of two lines', `${PASSWORD}\n${PASSWORD}\n`],
])('a password %s is refused without being shown', async (_name, input) => {
  const here = await place();
  const refused = await here.run(['user', 'set', 'ann', '--role', 'admin', '--password-stdin'], { input });
  expect([refused.code, refused.stdout]).toEqual([2, '']);
  expect(refused.stderr).not.toContain(input.trim().slice(0, 20));
  expect(await here.project.store.accounts.accounts()).toEqual([]);
});

test('completion knows what token and user do, and the roles', async () => {
  const { dir } = await place();
  const ask = async (...words: string[]) => (await orch(['complete', '--', ...words], { cwd: dir })).stdout;
  expect(await ask('token', '')).toContain('revoke\t');
  expect(await ask('user', '')).toContain('remove\t');
  expect(await ask('user', 'set', 'ann', '--role', '')).toContain('operator\t');
});

/** Whether this machine has a \`script\` that can make a terminal for a command. */
function hasScript(): boolean {
  try {
    return execFileSync('script', ['--version'], { encoding: 'utf8' }).includes('util-linux');
  } catch {
    return false;
  }
}

// Needs the script command of util-linux, which gives a command a terminal of its own.
test.skipIf(!hasScript())('on a terminal a password is asked for twice and never shown', async () => {
  const here = await place();
  const terminal = async (answers: readonly string[]): Promise<string> => {
    const line = `${process.execPath} ${BIN} -C ${here.dir} user set ann --role admin; echo "exit $?"`;
    const child = spawn('script', ['-qec', line, '/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    let text = '';
    let asked = 0;
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      const questions = text.match(/characters: |again: /g)?.length ?? 0;
      for (; asked < questions; asked++) child.stdin.write(answers[asked] ?? '');
    });
    await new Promise((done) => child.on('close', done));
    return text;
  };
  const { accounts } = here.project.store;
  const differs = await terminal([`${PASSWORD}\r`, `${PASSWORD}!\r`]);
  expect(differs).toContain('The two passwords differ.');
  expect(differs).toContain('exit 2');
  expect(await terminal([`${PASSWORD}\r`, '\u0003'])).toContain('exit 130');
  expect(await accounts.accounts()).toEqual([]);
  const good = await terminal([`${PASSWORD}\r`, `${PASSWORD}\r`]);
  expect(good).toMatch(/characters: \r?\nThe same again: \r?\nuser ann is new: admin for \*\r?\nexit 0/);
  expect(differs + good).not.toContain('correct');
  expect(await isPassword(PASSWORD, (await accounts.account('ann'))?.passwordHash ?? null)).toBe(true);
});
