import { existsSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { AppError } from '../../core/model/errors.ts';
import { defineCommand } from '../command.ts';
import { EXIT } from '../exit-code.ts';
import { NEW_PROJECT, textIn } from '../new-project.ts';
import { ownNameIn } from '../own-name.ts';
import { shellWord } from '../render/run-name.ts';

/** `orch init [dir]`: a project that can be triggered at once. Never overwrites a file. */
export const init = defineCommand({
  examples: [
    { command: 'orch init', what: 'in this folder' },
    { command: 'orch init market', what: 'in a new folder' },
  ],
  define: (command) => {
    command.argument('[dir]', 'the folder, made if it does not exist');
  },
  run: async (context, _options, [name]) => {
    const dir = resolve(context.flags.directory, typeof name === 'string' ? name : '.');
    const taken = NEW_PROJECT.filter(({ path, merge }) => !merge && existsSync(join(dir, path)));
    if (taken.length > 0) {
      const list = taken.map(({ path }) => path).join(', ');
      const below = relative(context.host.cwd, dir);
      const place = below === '' ? 'This folder' : `The folder ${below}`;
      throw new AppError('conflict', `${place} already has ${list}; nothing was written.`);
    }
    const written: string[] = [];
    mkdirSync(dir, { recursive: true });
    for (const file of NEW_PROJECT) {
      const path = join(dir, file.path);
      if (existsSync(path)) continue;
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, textIn(realpathSync(dir), file), { flag: 'wx' });
      written.push(file.path);
    }
    const shown = relative(context.host.cwd, dir) || '.';
    if (context.flags.json) {
      context.json({ directory: dir, files: written });
      return EXIT.ok;
    }
    const { style } = context;
    const place = shown === '.' ? 'This folder' : style.bold(shown);
    const next = nextSteps(dir, shown, context.host.env.PATH);
    context.print(
      [
        `${style.good('✓')} ${place} is a project now: ${written.join(', ')}`,
        '',
        'Next:',
        ...next.map(({ command, what }) => `  ${command}${what === '' ? '' : style.dim(what)}`),
      ].join('\n'),
    );
    return EXIT.ok;
  },
});

interface Step {
  readonly command: string;
  readonly what: string;
}

/** What to type next, as it works where `init` was typed. */
function nextSteps(dir: string, shown: string, path: string | undefined): Step[] {
  const name = ownNameIn(realpathSync(dir), path);
  const isHere = shown === '.';
  const orch = name ?? (isHere ? 'orch' : `npx orch -C ${shellWord(shown)}`);
  const steps = [
    { command: `${orch} trigger hello`, what: 'run a DAG written in TypeScript' },
    { command: `${orch} trigger disk_report`, what: 'run one written in YAML' },
    { command: `${orch} check`, what: 'find mistakes after you edit them' },
  ];
  const width = Math.max(...steps.map(({ command }) => command.length));
  const enter = isHere || name === null ? [] : [{ command: `cd ${shellWord(shown)}`, what: '' }];
  return [...enter, ...steps.map(({ command, what }) => ({ command: command.padEnd(width + 2), what }))];
}
