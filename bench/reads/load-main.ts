/**
 * Asks a server for so many requests a second, whatever it answers, and sends the process that started it how
 * long each took, in milliseconds from when it was due.
 */
import { Agent, get } from 'node:http';
import type { Load, Took } from './load.ts';

process.once('message', (load: Load) => {
  void ask(load).then((took) => process.send?.(took, () => process.disconnect()));
});

async function ask({ url, paths, rate, seconds }: Load): Promise<Took[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 32 });
  const count = rate * seconds;
  const begun = performance.now();
  const answers: Promise<Took>[] = [];
  for (let no = 0; no < count; no++) {
    const due = begun + (no * 1_000) / rate;
    const early = due - performance.now();
    if (early > 1) await new Promise((resolve) => setTimeout(resolve, early));
    const path = no % paths.length;
    const answered = answer(agent, url + (paths[path] as string));
    answers.push(answered.then((at) => ({ path, ms: at - due })));
  }
  const took = await Promise.all(answers);
  agent.destroy();
  return took;
}

/** When the answer had arrived. */
function answer(agent: Agent, url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`${url}: ${response.statusCode}`));
      response.resume().once('end', () => resolve(performance.now()));
    });
    request.once('error', (error: NodeJS.ErrnoException) => {
      // The server may end a connection that was idle while a request is on its way to it.
      if (request.reusedSocket && error.code === 'ECONNRESET') resolve(answer(agent, url));
      else reject(error);
    });
  });
}
