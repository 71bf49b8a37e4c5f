import { expect, test } from 'vitest';
import { runUp } from '../../bench/streams/served-up.ts';
import { Swarm } from '../../bench/streams/swarm.ts';

test('many streams: who reads gets all in order, who does not costs little, a revoked one ends', async () => {
  const up = await runUp();
  using swarm = new Swarm();
  try {
    const { tokenId, secret } = await up.token();
    const empty = up.use();
    const { fromSeq } = await swarm.open(up.url, secret, { readers: 40, slow: 40, sockets: 4 });
    for (let no = 0; no < 4; no++) {
      await up.run();
      // A request beside them is answered.
      await up.probe();
    }
    const truth = await up.eventsAfter(fromSeq);
    // 4 runs: each begins, queues and ends ten tasks, and ends.
    expect(truth.length).toBeGreaterThanOrEqual(4 * 20);
    const { different, lateMs, figures } = await swarm.heard(truth);
    expect(different).toBe(0);
    expect(lateMs.length).toBeGreaterThanOrEqual(40 * truth.length);
    expect(figures.every((count) => count > 0)).toBe(true);
    expect(up.use().mib - empty.mib).toBeLessThan(150);
    await up.revoke(tokenId);
    const { slow } = await swarm.ended();
    // A slow one has some of what there was from its first event on, with nothing left out between.
    for (const ids of slow) {
      const at = truth.indexOf(ids[0] as number);
      expect(truth.slice(at, at + ids.length)).toEqual(ids);
    }
  } finally {
    await up.close();
  }
});
