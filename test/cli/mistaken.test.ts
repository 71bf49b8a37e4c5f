import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runCommand } from './served-command.ts';

const home = mkdtempSync(join(tmpdir(), 'orch-mistaken-'));

test.each([
  ['variable set key hunter22', 'pipe it in'],
  ['connection set db postgres://me:hunter22@db/x', 'pipe it in'],
  ['variable key get', "Did you mean 'orch variable get key'?"],
  ['token ci create', "Did you mean 'orch token create ci'?"],
  ['user ann set', "Did you mean 'orch user set ann'?"],
  ['pool exchange set', "Did you mean 'orch pool set exchange'?"],
  ['context add https://orch.example prod', 'orch context add prod https://orch.example'],
  ['context add prod orch.example', 'https://'],
  ['variable rotate key', "takes no name: it is about all of them. Leave out 'key'"],
  ['token list ci', 'takes no name'],
  ['context list prod', 'takes no name'],
  ['alerts rules x', 'takes no name'],
  ['alerts test', 'needs the name of a channel'],
  ['alerts unmute', 'needs the id of a mute'],
])('orch %s says what is wrong and what to do', async (words, sentence) => {
  const { code, stdout, stderr } = await runCommand(words.split(' '), home);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain(sentence);
  expect(stderr).not.toContain('hunter22');
});
