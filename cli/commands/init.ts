import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { AppError } from '../../core/model/errors.ts';
import { defineCommand } from '../command.ts';
import { EXIT } from '../exit-code.ts';
import { NEW_PROJECT } from '../new-project.ts';
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
      throw new AppError(
        'conflict',
        `${relative(context.host.cwd, dir) || 'This folder'} already has ${list}; nothing was written.`,
      );
    }
    const written: string[] = [];
    for (const { path, text } of NEW_PROJECT) {
      if (existsSync(join(dir, path))) continue;
      mkdirSync(dirname(join(dir, path)), { recursive: true });
      writeFileSync(join(dir, path), text, { flag: 'wx' });
      written.push(path);
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
