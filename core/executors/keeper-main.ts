import { Socket } from 'node:net';
import { systemClock } from '../model/clock.ts';
import { keepCodeCache } from './code-cache.ts';
import { Keeper } from './keeper.ts';
import { LineSplitter } from './line-splitter.ts';
import { parseOrder } from './protocol.ts';
import { ownCodeCache, tidyCodeCache } from './tidy-code-cache.ts';

/** Runs begin first. */
const TIDY_AFTER_MS = 250;

/** Frames go over a descriptor of their own, so that nothing printed by chance gets between them. */
const leader = new Socket({ fd: 3, readable: true, writable: true });
const keeper = new Keeper((frame) => leader.write(`${JSON.stringify(frame)}\n`), systemClock, process.env);
const splitter = new LineSplitter();

/** Here and not in a command: nobody waits for this process. */
function tidy(stateDir: string): void {
  const folder = ownCodeCache(stateDir);
  // A folder that cannot be written costs nothing but its bytes.
  if (folder !== null) tidyCodeCache(folder, systemClock.now()).catch(() => undefined);
}

function leaderGone(): void {
  keeper.killAll();
  process.exit(0);
}

keeper.onHoldOver = () => {
  process.stderr.write('the leader that is over it did not say for too long that it leads\n');
  leaderGone();
};
// The leader decides when its keeper ends; a signal for the terminal's group is not meant for it.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => undefined);
process.on('uncaughtException', (error) => {
  process.stderr.write(`${error.stack ?? error.message}\n`);
  keeper.killAll();
  process.exit(1);
});
leader.on('data', (chunk: Buffer) => {
  splitter.push(chunk, (line) => {
    const frame = parseOrder(line);
    if (frame) keeper.take(frame);
    if (frame?.t === 'init') setTimeout(tidy, TIDY_AFTER_MS, frame.o.stateDir).unref();
  });
});
leader.on('end', leaderGone);
leader.on('error', leaderGone);
leader.on('close', leaderGone);
keepCodeCache();
