import { randomUUID } from 'node:crypto';
import { S } from '../../core/model/states.ts';
import { monotonicMs } from '../body.ts';
import { dagIdOf } from '../systems/orch-project.ts';
import { WORKLOADS } from '../workloads.ts';
import { leadProject } from './led-project.ts';
import type { StoreWatch } from './watched-store.ts';

/**
 * Leads a project until it is killed: `recovery-leader-main.ts DIR trigger` starts W5 and prints how many
 * instances have ended, `recovery-leader-main.ts DIR resume` goes on and prints when the first attempt of a
 * run was handed over, by the monotonic clock, and how the run ended.
 */
const [dir = '', mode = ''] = process.argv.slice(2);

function follow(watch: StoreWatch): void {
  let ended = 0;
  let isHandedOver = false;
  watch.onWritten = (actions) => {
    for (const action of actions) {
      if (action.type === 'instance' && action.to === S.success) ended++;
      if (action.type === 'instance' && action.to === S.queued && !isHandedOver) {
        isHandedOver = true;
        if (mode === 'resume') console.log(`handed ${monotonicMs()}`);
      }
      if (action.type === 'run.change' && action.counts)
        console.log(`ended ${action.to} ${action.counts['success']}`);
    }
    if (mode === 'trigger') console.log(`done ${ended}`);
  };
}

const led = await leadProject(dir, follow);
if (mode === 'trigger') {
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
}
