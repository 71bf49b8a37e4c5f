import { writeFile } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { AppError } from '../../core/model/errors.ts';
import { defineCommand } from '../command.ts';
import { EXIT } from '../exit-code.ts';
import { findRun, RUN_ARGUMENT } from '../find-run.ts';
import { shortRunId } from '../render/run-name.ts';
import { collectRun, packRun } from '../run-file.ts';
import { withProject } from '../with-project.ts';

/** `orch export [run]`: everything that is stored of a run as one file. */
export const exportRun = defineCommand<{ output?: string; force?: boolean }>({
  description:
    'The run, its graph, outputs, metrics, journal and the last 10,000 lines of each log: for whoever is ' +
    'to look at it elsewhere. Params and outputs are in it as they are; artifacts are named only.',
  examples: [
    { command: 'orch export last', what: 'writes pipeline-5f0c19b2a7e4.orch.gz' },
    { command: 'orch export 5f0c19b2a7e4 --output failed.orch.gz', what: 'under another name' },
  ],
  define: (command) => {
    command.argument('[run]', RUN_ARGUMENT);
    command
      .option('-o, --output <file>', 'the file to write')
      .option('--force', 'write over a file that is there');
  },
  run: async (context, { output, force }, [name]) =>
    withProject(context, async (project) => {
      const run = await findRun(project.store, name as string | undefined);
      const path = resolve(context.host.cwd, output ?? `${run.dagId}-${shortRunId(run.uid)}.orch.gz`);
      const file = await collectRun(project, run.runNo);
      if (file === null) throw new AppError('not_found', `run ${run.uid} is gone`);
      const bytes = await packRun(file);
      await writeFile(path, bytes, { flag: force ? 'w' : 'wx', mode: 0o600 }).catch(refuse(path));
      if (context.flags.json) context.json({ runId: run.uid, file: path, bytes: bytes.length });
      else context.print(relative(context.host.cwd, path) || path);
      return EXIT.ok;
    }),
});

function refuse(path: string): (error: NodeJS.ErrnoException) => never {
  return (error) => {
    if (error.code === 'EEXIST')
      throw new AppError('conflict', `${path} is there already: --force writes over it`);
    throw new AppError('usage', `${path} cannot be written: ${error.message}`);
  };
}
