import { describe, expect, test } from 'vitest';
import { CONFIG_SCHEMA } from '../../../core/config/config.schema.ts';
import { type ConfigChange, editConfig, isOpenKey } from '../../../core/config/edit-config.ts';

const TEXT = `# about us
scheduler: { maxActive: 3 } # how many
pools:
  db: 2 # two only
`;

describe('editing the config', () => {
  const rows: readonly [string, string, ConfigChange, string][] = [
    ['keeps comments', TEXT, { 'scheduler.maxActive': 9 }, TEXT.replace('3', '9')],
    [
      'writes short forms out',
      'pools: { db: 2 }\n',
      { 'pools.db.description': 'ours' },
      'pools: { db: { slots: 2, description: ours } }\n',
    ],
    ['makes what is missing', '', { 'log.level': 'debug' }, 'log:\n  level: debug\n'],
    ['fills an empty section', 'log:\n', { 'log.level': 'debug' }, 'log:\n  level: debug\n'],
    [
      'takes a key out',
      'log:\n  level: warn # loud\n  keep: 3\n',
      { 'log.level': null },
      'log:\n  keep: 3\n',
    ],
    [
      'writes retries out',
      'defaults:\n  retries: 2\n',
      { 'defaults.retries.delay': '1m' },
      'defaults:\n  retries:\n    max: 2\n    delay: 1m\n',
    ],
  ];
  test.each(rows)('%s', (_, before, change, after) => {
    expect(editConfig(before, change)).toBe(after);
  });

  test.each([
    'store.url',
    'store.path',
    'server.host',
    'server.requireLogin',
    'profiles.prod.log.level',
    '__proto__',
    'pools.a.b.slots',
    'alerts.smtp',
  ])('does not touch %s', (key) => {
    expect(isOpenKey(key)).toBe(false);
    expect(() => editConfig('', { [key]: 1 })).toThrow(/no key that can be changed/);
  });

  test('no section that may have secrets is open', () => {
    const open = Object.keys(CONFIG_SCHEMA.properties).filter((name) =>
      ['url', 'path', 'host', 'level', 'runs', 'max', 'maxActive', 'timeout', 'x.slots'].some((key) =>
        isOpenKey(`${name}.${key}`),
      ),
    );
    expect(open).toEqual(['scheduler', 'runners', 'pools', 'defaults', 'log', 'retention']);
  });
});
