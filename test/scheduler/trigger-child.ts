import { AppError } from '../../core/model/errors.ts';
import { openProject } from '../../core/scheduler/project.ts';
import { openSession } from '../../core/scheduler/session.ts';
import { triggerRequest } from './temp-project.ts';

/**
 * Entry of a process that triggers or follows a run, as `orch trigger` does: `trigger-child.ts DIR trigger
 * DAG UID` or `trigger-child.ts DIR follow UID`. Prints `leading`, `following`, `asked` and at last the state
 * of the run.
 */
const [dir = '', mode = '', name = '', uid = ''] = process.argv.slice(2);
const project = await openProject(dir);
const session = await openSession(project);
console.log(session.leading ? 'leading' : 'following');
const runUid = mode === 'trigger' ? uid : name;
const answer = await session.ask(
  mode === 'trigger' ? triggerRequest(name, {}, uid) : { type: 'adopt', runUid },
);
if (!answer.ok && answer.code !== 'conflict') throw new AppError('internal', answer.message);
console.log('asked');
const [run] = await project.store.runsByUid(runUid);
if (!run) throw new AppError('internal', 'the run is not stored');
for await (const update of session.watch(run.runNo)) {
  if (update.type === 'ended') console.log(update.view.run.state);
}
await session.close();
await project.close();
