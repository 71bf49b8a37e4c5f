/** A process with many clients of the streams of a server; whoever started it says what they are to do. */

import { FigureSocket } from './figure-socket.ts';
import { StreamReader } from './stream-reader.ts';
import type { SwarmAnswer, SwarmQuestion, SwarmSize } from './swarm.ts';

let readers: StreamReader[] = [];
let slow: StreamReader[] = [];
let sockets: FigureSocket[] = [];

async function open(url: string, secret: string, size: SwarmSize): Promise<SwarmAnswer> {
  const many = <Client>(count: number, make: () => Client): Client[] => Array.from({ length: count }, make);
  const headers = { authorization: `Bearer ${secret}` };
  readers = many(size.readers, () => new StreamReader(url, headers));
  slow = many(size.slow, () => new StreamReader(url, headers));
  sockets = many(size.sockets, () => new FigureSocket(url, headers));
  const seqs = await Promise.all([...readers, ...slow].map((one) => one.opened));
  await Promise.all(sockets.map((one) => one.opened));
  for (const one of slow) one.pause();
  for (const one of sockets.slice(sockets.length >> 1)) one.pause();
  return { type: 'open', fromSeq: Math.min(...seqs) };
}

/** Compares what each reader has had with what the store has from where that one began. */
async function heard(truth: readonly number[]): Promise<SwarmAnswer> {
  await Promise.all(readers.map((one) => one.until(truth.at(-1) ?? 0)));
  let different = 0;
  for (const one of readers) {
    const from = await one.opened;
    const wanted = truth.filter((seq) => seq > from);
    if (wanted.length === 0 || wanted.some((seq, at) => one.ids[at] !== seq)) different++;
  }
  return {
    type: 'heard',
    different,
    lateMs: readers.flatMap((one) => one.lateMs),
    figures: sockets.slice(0, sockets.length >> 1).map((one) => one.count),
  };
}

/** Until every stream is over; the slow ones read again, since only then they see it. */
async function ended(): Promise<SwarmAnswer> {
  const begun = performance.now();
  await Promise.all([...readers, ...sockets.slice(0, sockets.length >> 1)].map((one) => one.closed));
  const tookMs = performance.now() - begun;
  for (const one of [...slow, ...sockets]) one.resume();
  await Promise.all([...slow, ...sockets].map((one) => one.closed));
  return { type: 'ended', tookMs, slow: slow.map((one) => one.ids) };
}

process.on('message', (question: SwarmQuestion) => {
  const answer =
    question.type === 'open'
      ? open(question.url, question.secret, question.size)
      : question.type === 'heard'
        ? heard(question.truth)
        : ended();
  void answer.then((told) => process.send?.(told));
});
