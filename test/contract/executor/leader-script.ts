import { createLocalExecutor } from '../../../core/executors/local.ts';
import { systemClock } from '../../../core/model/clock.ts';
import { Bench } from './harness.ts';

/**
 * A leader to be killed: `node leader-script.ts <project> <epoch> <hold>` starts attempts of several kinds
 * and prints the pids of everything once all of it lives.
 */
const [projectDir = '', epoch = '1', holdMs = ''] = process.argv.slice(2);
const bench = new Bench(projectDir, { epoch: Number(epoch), runners: { max: 4 } });
await bench.executor.start();
/** Says every 100 ms for how long what runs may live on, as a leader does whose lead is a lease. */
const hold = (): void => bench.executor.hold(Number(holdMs));
if (holdMs !== '') setInterval(hold, 100);
const busy = bench.call('spins');
const family = bench.call('startsChildren');
const deaf = bench.call('ignores');
const shell = bench.shell(
  'trap "" TERM; setsid sleep 301 & sleep 302 & echo "$$ $!" > "$ORCH_OUTPUT.pids"; wait',
);
const names = ['child', 'grandchild', 'apart', 'pid'];
const pids = [await bench.metric(busy, 'pid'), await bench.metric(deaf, 'pid')];
pids.push(...(await Promise.all(names.map((name) => bench.metric(family, name)))));
await bench.started(shell);
// What is held still must end as everything else.
bench.executor.holdStill(deaf, true);
if (holdMs !== '') hold();
process.stdout.write(
  `${JSON.stringify({ pids, createdBy: createLocalExecutor.name, at: systemClock.now() })}\n`,
);
setInterval(() => undefined, 1_000);
