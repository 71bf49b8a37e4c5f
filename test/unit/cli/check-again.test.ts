import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkAgain } from '../../../cli/check-again.ts';
import type { CommandContext } from '../../../cli/context.ts';
import { createStyle } from '../../../cli/style.ts';
import { ProjectWatch } from '../../../core/parsing/project-watch.ts';

test('Ctrl-C in a check ends the watching, also when a file had changed before', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'orch-watch-'));
  mkdirSync(join(dir, 'dags'));
  const context = {
    host: { clock: { now: () => 0 } },
    errStyle: createStyle(false),
    say: () => undefined,
  } as unknown as CommandContext;
  let checks = 0;
  const check = async (): Promise<void> => {
    checks += 1;
    if (checks > 1) throw new Error('checked again');
    const changed = Promise.withResolvers<void>();
    const watch = new ProjectWatch(
      dir,
      () => changed.resolve(),
      (error) => changed.reject(error),
    );
    await watch.ready;
    writeFileSync(join(dir, 'dags/a.yaml'), 'id: a\n');
    await changed.promise;
    await watch.close();
    process.emit('SIGINT');
  };
  expect(await checkAgain(context, dir, check)).toBe(130);
});
