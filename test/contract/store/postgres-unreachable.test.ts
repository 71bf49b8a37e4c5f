import { once } from 'node:events';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import pg from 'pg';
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { systemClock } from '../../../core/model/clock.ts';
import { AppError } from '../../../core/model/errors.ts';
import { PostgresStore } from '../../../core/store/postgres/postgres-store.ts';
import { placeOf, statementError, unreachable } from '../../../core/store/postgres/unreachable.ts';
import { startProxy } from '../../postgres/tcp-proxy.ts';
import { postgres } from './databases.ts';

const PASSWORD = 'hunter2';

/** A server on the loopback that does what it is told with its clients; its port. */
async function serve(onClient: (client: Socket) => void): Promise<number> {
  const clients = new Set<Socket>();
  const server = createServer((client) => {
    clients.add(client.on('error', () => undefined));
    onClient(client);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const client of clients) client.destroy();
    server.close();
  });
  return (server.address() as { readonly port: number }).port;
}

async function closedPort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { readonly port: number };
  probe.close();
  await once(probe, 'close');
  return port;
}

/** The error of the first use of a store, which must not tell the password anywhere. */
async function refusal(url: string): Promise<AppError> {
  const error = await use(url).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(AppError);
  const told = error as AppError;
  expect(`${told.message} ${told.stack} ${JSON.stringify(told.details)}`).not.toContain(PASSWORD);
  return told;
}

async function use(url: string): Promise<void> {
  const store = PostgresStore.open({ url, schema: 'unreachable', clock: systemClock });
  try {
    await store.migrate();
  } finally {
    await store.close();
  }
}

const at = (host: string, more = ''): string => `postgres://orch:${PASSWORD}@${host}/orch${more}`;

describe('PostgreSQL that is not there', () => {
  it.each([
    ['refuses connections', closedPort, 'is not there'],
    ['never answers', () => serve(() => undefined), 'does not answer within 2 s'],
    ['hangs up', () => serve((client) => client.destroy()), 'cannot be reached'],
    ['is no PostgreSQL', () => serve((client) => client.end('HTTP/1.1 400 No\r\n\r\n')), 'cannot be reached'],
  ])('%s', async (_name, start, said) => {
    const address = `127.0.0.1:${await start()}`;
    const error = await refusal(at(address));
    expect(error).toMatchObject({ code: 'unavailable' });
    expect(error.message).toMatch(new RegExp(`^PostgreSQL at ${address} ${said}.*ORCH__STORE__URL`));
  });

  it('has a host without an address', async () => {
    const error = await refusal(at('nosuch.invalid:5433'));
    expect(error.code).toBe('unavailable');
    expect(error.message).toMatch(/^PostgreSQL at nosuch\.invalid:5433 cannot be found/);
  });

  it('has a socket that does not exist', async () => {
    const error = await refusal(`postgres://orch:${PASSWORD}@/orch?host=/nosuch`);
    expect(error).toMatchObject({ code: 'unavailable' });
    expect(error.message).toMatch(/^PostgreSQL at \/nosuch is not there/);
  });

  it('takes TLS and then speaks something else', async () => {
    const port = await serve((client) => client.once('data', () => client.write('Snonsense, not TLS')));
    const error = await refusal(at(`127.0.0.1:${port}`, '?sslmode=no-verify'));
    expect(error).toMatchObject({ code: 'unavailable' });
    expect(error.message).toContain('over TLS');
  });

  it('has a certificate that nobody vouches for', () => {
    const place = placeOf({ connectionString: at('db') });
    const error = Object.assign(new Error('self-signed certificate'), {
      code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    });
    expect(unreachable(place, error)).toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('PostgreSQL at db:5432 cannot be spoken to over TLS: self-signed'),
    });
  });

  it('repeats no password that somebody else tells', () => {
    const place = placeOf({ connectionString: at('db') });
    expect(unreachable(place, new Error(`bad ${PASSWORD}`)).message).toContain('bad ***');
  });
});

describe('an address that cannot be used', () => {
  it.each([
    'nonsense',
    'mysql://orch@db/orch',
    `postgres://orch:1/${PASSWORD}@db/orch`,
    `postgres://orch:1#${PASSWORD}@db/orch`,
    `postgres://orch:1?${PASSWORD}@db/orch`,
    `postgres://orch:a/${PASSWORD}@db/orch`,
    `postgres://orch:${PASSWORD}@db:port/orch`,
    at('db', '?sslrootcert=/nosuch'),
  ])('is told, and not what stands in it: %s', async (url) => {
    const error = await refusal(url);
    expect(error.code).toBe('invalid');
    expect(error.message).toContain('ORCH__STORE__URL');
  });
});

describe.each(postgres)('$name that refuses', ({ url }) => {
  beforeAll(async () => {
    const admin = new pg.Client(url);
    await admin.connect();
    await admin.query(`create role locked login password 'other'; create role barred login`);
    const { rows } = await admin.query('show hba_file');
    const file = String(rows[0].hba_file);
    const rules = readFileSync(file, 'utf8');
    writeFileSync(file, 'host all locked 127.0.0.1/32 scram-sha-256\nhost all barred 127.0.0.1/32 reject\n');
    appendFileSync(file, rules);
    await admin.query('select pg_reload_conf()');
    await admin.end();
    // The server has read the rules as soon as it bars.
    await vi.waitFor(() => expect(use(as('barred'))).rejects.toThrow('pg_hba'), { timeout: 20_000 });
  });

  function as(user: string, database = 'postgres', more = ''): string {
    const { port } = new URL(url);
    return `postgres://${user}@127.0.0.1:${port}/${database}${more}`;
  }

  it.each([
    ['another password', () => as(`locked:${PASSWORD}`), "takes another password of user 'locked'"],
    ['no password', () => as('locked'), "wants a password of user 'locked'"],
    ['a user who may not come', () => as('barred'), "refuses user 'barred': pg_hba.conf rejects"],
    [
      'a user who does not exist',
      () => as('nobody'),
      'refuses user \'nobody\': role "nobody" does not exist',
    ],
    ['no such database', () => as('orch', 'nosuch'), "has no database 'nosuch'"],
    ['TLS', () => as('orch', 'postgres', '?sslmode=no-verify'), 'cannot be spoken to over TLS'],
  ])('%s', async (_name, address, said) => {
    const error = await refusal(address());
    expect(error).toMatchObject({ code: 'unavailable' });
    expect(error.message).toContain(`PostgreSQL at 127.0.0.1:${new URL(url).port} ${said}`);
  });

  it('a user who may make no schema', async () => {
    const admin = new pg.Client(url);
    await admin.connect();
    await admin.query('create role poor login');
    await admin.end();
    const error = await refusal(as('poor'));
    expect(error).toMatchObject({ code: 'unavailable' });
    expect(error.message).toContain('this user may not change that');
  });

  it('goes away in the middle of a statement', async () => {
    const proxy = await startProxy(Number(new URL(url).port));
    onTestFinished(() => proxy.close());
    const through = new URL(url);
    through.port = String(proxy.port);
    const store = PostgresStore.open({ url: through.href, schema: 'goes_away', clock: systemClock });
    onTestFinished(() => store.close());
    await store.migrate();
    proxy.fault = 'lose answer';
    await expect(store.counters()).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining(`PostgreSQL at 127.0.0.1:${proxy.port} broke`),
    });
    expect(await store.counters()).toMatchObject({ tick: 0 });
  });

  it('leaves the error of a statement as it is when the server is there', () => {
    const place = placeOf({ connectionString: url });
    const wrong = new TypeError('no text');
    expect(statementError(place, wrong)).toBe(wrong);
  });
});
