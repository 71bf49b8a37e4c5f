import { defineCommand } from '../command.ts';
import { runScheduler } from '../run-scheduler.ts';
import { withProject } from '../with-project.ts';

/** `orch scheduler`: runs every DAG by its schedule until it is told to end. */
export const scheduler = defineCommand<Record<string, never>>({
  description:
    'One process leads; others stand by and take over when it goes away. SIGTERM or Ctrl-C lets running ' +
    'tasks end and leaves the rest to the next leader; a second one ends at once.',
  examples: [
    { command: 'orch scheduler', what: 'in the foreground; every run is a line' },
    { command: 'orch scheduler --json', what: 'with its events as JSON lines' },
  ],
  define: () => {},
  run: (context) => withProject(context, (project) => runScheduler(context, project)),
});
