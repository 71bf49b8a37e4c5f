import { describe, expect, test } from 'vitest';
import { parseConnection, secretsOf } from '../../../core/model/connection.ts';

const PASSWORD = 'p/a?s#s@w';
const encoded = encodeURIComponent(PASSWORD);

describe('a connection', () => {
  test.each([
    [
      `postgresql://me:${encoded}@db:1/prices?sslmode=require`,
      {
        type: 'postgres',
        host: 'db',
        port: 1,
        database: 'prices',
        user: 'me',
        password: PASSWORD,
        sslmode: 'require',
      },
    ],
    [`postgres://db`, { type: 'postgres', host: 'db', port: 5_432 }],
    [
      `https://me:${encoded}@api.example/v1?a=b`,
      { type: 'http', url: 'https://api.example/v1?a=b', user: 'me', password: PASSWORD },
    ],
    [
      `s3://id:${encoded}@prices?region=eu-west-1`,
      { type: 's3', bucket: 'prices', region: 'eu-west-1', accessKeyId: 'id', secretAccessKey: PASSWORD },
    ],
    ['smtps://mail?from=orch%40x', { type: 'smtp', host: 'mail', port: 587, tls: 'tls', from: 'orch@x' }],
    ['generic://queue:9/jobs', { type: 'generic', host: 'queue', port: 9, path: 'jobs' }],
    [
      `{"type":"http","url":"http://x","token":"${PASSWORD}"}`,
      { type: 'http', url: 'http://x', token: PASSWORD },
    ],
  ])('is read from %s', (text, connection) => {
    expect(parseConnection(text)).toEqual({ ok: true, connection });
    expect(parseConnection(JSON.stringify(connection))).toEqual({ ok: true, connection });
  });

  test('has fields of its type alone, none of which names a driver or a file', () => {
    const problem = (given: object) => {
      const read = parseConnection(JSON.stringify(given));
      return read.ok ? null : read.problem;
    };
    expect(problem({ type: 'jdbc', driver: 'x' })).toBe('needs a type: postgres, http, s3, smtp, generic');
    expect(problem({ type: 'toString' })).toMatch(/^needs a type/);
    expect(problem({ type: 'postgres', host: 'db', sslrootcert: '/etc/passwd' })).toMatch(
      /^of type postgres has no field 'sslrootcert'/,
    );
    expect(problem({ type: 'postgres', host: 'db', passwort: PASSWORD })).toContain('did you mean password?');
    expect(problem({ type: 'postgres' })).toBe('of type postgres needs host');
    expect(problem({ type: 'postgres', host: 'db', port: '5432' })).toContain('port must be a whole number');
    expect(problem({ type: 'postgres', host: 'db', password: 'ab' })).toContain('could not be masked');
    expect(problem({ type: 'http', url: 'file:///etc/passwd' })).toContain('url must begin with http://');
    expect(problem({ type: 'http', url: `http://me:${encoded}@x` })).toContain('no user or password');
  });

  test('that is none is refused without a word of what it holds', () => {
    for (const text of [
      `{"password":"${PASSWORD}"`,
      `postgres//${PASSWORD}`,
      `nope://me:${encoded}@x`,
      `"${PASSWORD}"`,
    ]) {
      const read = parseConnection(text);
      expect(read.ok, text).toBe(false);
      expect(JSON.stringify(read)).not.toContain(PASSWORD);
    }
  });

  test('knows its secrets', () => {
    const read = parseConnection(
      `{"type":"http","url":"http://x","user":"me","password":"abc","token":"def"}`,
    );
    expect(read.ok && secretsOf(read.connection)).toEqual(['abc', 'def']);
  });
});
