import { createLocalExecutor } from '../../../core/executors/local.ts';
import { systemClock } from '../../../core/model/clock.ts';
import { Bench } from './harness.ts';

/**
 * A leader to be killed: `node leader-script.ts <project> <epoch>` starts attempts of several kinds and
 * prints the pids of everything once all of it lives.
 */
const [projectDir = '', epoch = '1'] = process.argv.slice(2);
const bench = new Bench(projectDir, { epoch: Number(epoch), runners: { max: 4 } });
await bench.executor.start();
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
process.stdout.write(
  `${JSON.stringify({ pids, createdBy: createLocalExecutor.name, at: systemClock.now() })}\n`,
);
setInterval(() => undefined, 1_000);
