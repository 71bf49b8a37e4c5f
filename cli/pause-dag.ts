import { valueOfAnswer } from './answer-error.ts';
import { defineCommand } from './command.ts';
import { readDagFiles, requireDag } from './dag-files.ts';
import { openSession } from './engine.ts';
import { EXIT } from './exit-code.ts';
import { userName } from './user-name.ts';
import { withProject } from './with-project.ts';

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
        if ((await project.store.dag(dagId)) === null) requireDag(files, dagId);
        const session = await openSession(project, { warm: false });
        try {
          const by = userName(context.host.env);
          valueOfAnswer(await session.ask({ type: 'pauseDag', dagId, paused, by }));
          if (context.flags.json) context.json({ dagId, paused });
          else context.print(`DAG ${dagId} is ${paused ? 'paused' : 'not paused'}`);
          return EXIT.ok;
        } finally {
          await session.close();
        }
      });
    },
  });
}
