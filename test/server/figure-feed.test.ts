import { expect, test } from 'vitest';
import type { Access } from '../../server/access.ts';
import { FigureFeed, type FigureListener } from '../../server/live/figure-feed.ts';
import { StreamTickets, TICKET_MS } from '../../server/live/stream-tickets.ts';
import { LOCAL_USER } from '../../server/principal.ts';

/** A feed whose seconds pass when the test says so. */
function slowFeed() {
  let tick = (): void => {};
  let reads = 0;
  const feed = new FigureFeed(
    async () => ({ reads: ++reads }),
    (each) => {
      tick = each;
      return () => {
        tick = () => {};
      };
    },
  );
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const pass = async (seconds: number): Promise<void> => {
    for (let second = 0; second < seconds; second++) {
      tick();
      await settle();
    }
  };
  return { feed, pass, settle, reads: () => reads };
}

function listener(more: Partial<FigureListener> = {}) {
  const heard: string[] = [];
  const ends: boolean[] = [];
  return {
    heard,
    ends,
    again: async (): Promise<Access | null> => ({ seesAll: true }) as Access,
    offer: (text: string) => heard.push(text) > 0,
    end: (isSlow: boolean) => void ends.push(isSlow),
    ...more,
  };
}

test('figures are read once for all, and only while somebody listens', async () => {
  const { feed, pass, settle, reads } = slowFeed();
  const [one, other] = [listener(), listener()];
  const leave = feed.listen(one);
  feed.listen(other);
  await settle();
  await pass(4);
  expect(one.heard).toEqual(['{"reads":1}', '{"reads":2}', '{"reads":3}']);
  expect(other.heard).toEqual(one.heard);
  leave();
  feed.close();
  await pass(4);
  expect([one.ends, other.ends, feed.open, reads()]).toEqual([[], [false], 0, 3]);
  expect(() => feed.listen(one)).toThrow('the server ends');
});

test('who comes later is told what was read last, and nobody else is told it again', async () => {
  const { feed, pass, settle, reads } = slowFeed();
  const first = listener();
  const leave = feed.listen(first);
  await settle();
  const others = Array.from({ length: 20 }, () => listener());
  const leaves = others.map((one) => feed.listen(one));
  await settle();
  for (const { heard } of [first, ...others]) expect(heard).toEqual(['{"reads":1}']);
  await pass(2);
  for (const { heard } of [first, ...others]) expect(heard).toEqual(['{"reads":1}', '{"reads":2}']);
  expect(reads()).toBe(2);
  for (const one of [leave, ...leaves]) one();
  // What was read before nobody listened is old.
  const late = listener();
  feed.listen(late);
  await settle();
  expect(late.heard).toEqual(['{"reads":3}']);
});

test('who may listen no more is ended within a second, and who takes nothing after a while', async () => {
  const { feed, pass, settle } = slowFeed();
  let access: Access | null = { seesAll: true } as Access;
  const revoked = listener({ again: async () => access });
  const slow = listener({ offer: () => false });
  feed.listen(revoked);
  feed.listen(slow);
  await settle();
  access = null;
  await pass(1);
  expect(revoked.ends).toEqual([false]);
  await pass(18);
  expect(slow.ends).toEqual([]);
  await pass(3);
  expect(slow.ends).toEqual([true]);
});

test('a ticket is good once and soon, and as long as who asked for it may ask', () => {
  let mono = 0;
  const tickets = new StreamTickets({ now: () => 0, mono: () => mono });
  const holder = { principal: LOCAL_USER, again: async () => LOCAL_USER };
  const [first, late] = [tickets.give(holder), tickets.give(holder)];
  expect(tickets.take(first)?.principal).toBe(LOCAL_USER);
  expect(tickets.take(first)).toBe(null);
  expect(tickets.take('orch_guess')).toBe(null);
  mono = TICKET_MS;
  expect(tickets.take(late)).toBe(null);
});
