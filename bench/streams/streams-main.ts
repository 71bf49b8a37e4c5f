/**
 * What many open streams cost, and how late events are: `npm run bench:streams`. It starts `orch up` in a
 * process of its own, opens `--streams 500` streams of events, of which half take nothing, and
 * `--sockets 20` WebSockets from another process, starts `--rate 2` runs of ten tasks a second for
 * `--seconds 20`, asks for the list of runs beside them, and prints what was found.
 */
import { parseArgs } from 'node:util';
import { quantile } from '../statistics.ts';
import { runUp } from './served-up.ts';
import { Swarm } from './swarm.ts';

const { values } = parseArgs({
  options: {
    streams: { type: 'string', default: '500' },
    sockets: { type: 'string', default: '20' },
    rate: { type: 'string', default: '2' },
    seconds: { type: 'string', default: '20' },
  },
});
const [streams, sockets, rate, seconds] = [values.streams, values.sockets, values.rate, values.seconds].map(
  Number,
) as [number, number, number, number];
const PROBES_A_SECOND = 10;

const say = (text: string): void => void process.stdout.write(`${text}\n`);

function spread(found: readonly number[]): string {
  const [p50, p99, most] = [0.5, 0.99, 1].map((share) => quantile(found, share).toFixed(1));
  return `p50 ${p50} ms, p99 ${p99} ms, longest ${most} ms`;
}

/** Does something so often a second, whatever it takes; resolves once all of it is done. */
async function paced<Done>(aSecond: number, act: () => Promise<Done>): Promise<Done[]> {
  const begun = performance.now();
  const all: Promise<Done>[] = [];
  for (let no = 0; no < aSecond * seconds; no++) {
    const early = begun + (no * 1_000) / aSecond - performance.now();
    if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
    all.push(act());
  }
  return Promise.all(all);
}

const up = await runUp();
using swarm = new Swarm();
try {
  // The first run pays for what is loaded once.
  await up.run();
  await up.eventsAfter(0);
  const { tokenId, secret } = await up.token();
  const empty = up.use();
  const slow = streams >> 1;
  const opened = performance.now();
  const { fromSeq } = await swarm.open(up.url, secret, { readers: streams - slow, slow, sockets });
  const openedMs = (performance.now() - opened).toFixed(0);
  say(`${streams} streams, ${slow} of them slow, ${sockets} WebSockets: opened in ${openedMs} ms`);
  const before = up.use();
  const begun = performance.now();
  const [, probes] = await Promise.all([
    paced(rate, () => up.run()),
    paced(PROBES_A_SECOND, () => up.probe()),
  ]);
  const tookS = (performance.now() - begun) / 1_000;
  const truth = await up.eventsAfter(fromSeq);
  const { different, lateMs, figures } = await swarm.heard(truth);
  const after = up.use();
  const whole = different === 0 ? 'all of them in order' : `${different} readers DIFFER`;
  say(`${truth.length} events in ${tookS.toFixed(0)} s, ${lateMs.length} received: ${whole}`);
  say(`event to client: ${spread(lateMs)}`);
  say(`GET /api/v1/runs beside it: ${spread(probes)}`);
  say(`figures a WebSocket: ${figures.join(' ')}`);
  say(`CPU of orch up: ${((after.cpuMs - before.cpuMs) / tookS / 10).toFixed(1)} % of a core`);
  const [none, begin, end] = [empty, before, after].map(({ mib }) => mib.toFixed(0));
  say(`MiB of orch up: ${none} before streams, ${begin} with them, ${end} at the end`);
  await up.revoke(tokenId);
  const { tookMs } = await swarm.ended();
  say(`all streams ended ${tookMs.toFixed(0)} ms after their token was revoked`);
} finally {
  await up.close();
}
