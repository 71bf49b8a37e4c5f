import { randomUUID } from 'node:crypto';
import { S } from '../../core/model/states.ts';
import { dagIdOf } from '../systems/orch-project.ts';
import { WORKLOADS } from '../workloads.ts';
import { leadProject } from './led-project.ts';

/** Leads a project until it is killed: starts W5 and prints how many instances have ended. */
const [dir = ''] = process.argv.slice(2);
let ended = 0;
const led = await leadProject(dir, (watch) => {
  watch.onWritten = (actions) => {
    for (const action of actions) if (action.type === 'instance' && action.to === S.success) ended++;
    console.log(`done ${ended}`);
  };
});
await led.session.ask({
  type: 'trigger',
  dagId: dagIdOf(WORKLOADS.W5),
  runUid: randomUUID(),
  trigger: 'manual',
  params: {},
  scope: {},
  maxParallel: null,
  inputsFrom: null,
  replaces: null,
});
