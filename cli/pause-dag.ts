import type { Because } from '../core/model/because.ts';
import type { DagRecord } from '../core/store/store.ts';
import { valueOfAnswer } from './answer-error.ts';
import { defineCommand } from './command.ts';
import { readDagFiles, requireDag } from './dag-files.ts';
import { openSession } from './engine.ts';
import { EXIT } from './exit-code.ts';
import { counted } from './render/counted.ts';
import { userName } from './user-name.ts';
import { withProject } from './with-project.ts';

/** What ending a pause has changed: who or what had paused the DAG, and since when, as far as is known. */
function unpausedText(dagId: string, before: DagRecord | null, pause: Because | null): string {
  if (!before?.paused) return `DAG ${dagId} was not paused`;
  if (pause === null) return `DAG ${dagId} is not paused any more`;
  const { by, failures } = pause;
  const byWhom = by === undefined ? '' : `, by ${by}`;
  const why =
    pause.code === 'dag_failing'
      ? `, because ${counted(Number(failures), 'run')} had failed one after the other`
      : byWhom;
  return `DAG ${dagId} is not paused any more; it was, since ${pause['since']}${why}`;
}

/** The command that pauses a DAG, or the one that ends the pause. */
export function pauseCommand(paused: boolean) {
  const verb = paused ? 'pause' : 'unpause';
  return defineCommand<Record<string, never>>({
    description: paused
      ? 'No run is made for its slots, and ready tasks of its scheduled runs wait. Running tasks go on, ' +
        'and so do runs by hand.'
      : 'With catchup the slots of the pause get their runs, otherwise the next slot does.',
    examples: [{ command: `orch ${verb} pipeline`, what: paused ? 'until it is unpaused' : 'goes on' }],
    define: (command) => {
      command.argument('<dag>', 'the DAG');
    },
    run: async (context, _options, [name]) => {
      const dagId = String(name);
      const files = await readDagFiles(context, dagId);
      return withProject(context, async (project) => {
        // Runs of a DAG that no file declares any more wait while it is paused.
        const before = await project.store.dag(dagId);
        if (before === null) requireDag(files, dagId);
        const pause = before?.paused ? await project.store.dagPause(dagId) : null;
        const session = await openSession(project, { warm: false });
        try {
          const by = userName(context.host.env);
          valueOfAnswer(await session.ask({ type: 'pauseDag', dagId, paused, by }));
          if (context.flags.json) context.json({ dagId, paused });
          else context.print(paused ? `DAG ${dagId} is paused` : unpausedText(dagId, before, pause));
          return EXIT.ok;
        } finally {
          await session.close();
        }
      });
    },
  });
}
