import { mkdtempSync, readdirSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { killLeftovers } from '../../../core/executors/group-registry.ts';

test('a registry that its keeper removes while the folder is read holds nobody up', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'orch-groups-'));
  // In the listing, and not there when it is opened.
  symlinkSync(join(folder, 'gone'), join(folder, '5-1.ndjson'));
  await killLeftovers(folder, ['ORCH_STATE=of-nobody']);
  expect(readdirSync(folder)).toEqual([]);
});
