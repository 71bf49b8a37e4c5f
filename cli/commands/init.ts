import { existsSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { AppError } from '../../core/model/errors.ts';
import { defineCommand } from '../command.ts';
import { EXIT } from '../exit-code.ts';
import { NEW_PROJECT, textIn } from '../new-project.ts';
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
    const enter = shown === '.' ? [] : [`  cd ${shellWord(shown)}`];
    context.print(
      [
        `${style.good('✓')} ${place} is a project now: ${written.join(', ')}`,
        '',
        'Next:',
        ...enter,
        `  orch trigger hello              ${style.dim('run a DAG written in TypeScript')}`,
        `  orch trigger disk_report        ${style.dim('run one written in YAML')}`,
        `  orch check                      ${style.dim('find mistakes after you edit them')}`,
      ].join('\n'),
    );
    return EXIT.ok;
  },
});
