import { expect, test } from 'vitest';
import { Bell } from '../../core/scheduler/bell.ts';
import type { JournalRecord } from '../../core/store/store.ts';
import type { Access } from '../../server/access.ts';
import { Connection, type Outgoing } from '../../server/live/connection.ts';
import type { EventStore } from '../../server/live/live-event.ts';
import { LiveFeed } from '../../server/live/live-feed.ts';

/** More than are told at once. */
const STREAMS = 120;

/** A journal with lines about no run, up to a number. */
class Lines {
  seq = 0;
  readonly bell = new Bell();

  add(): void {
    this.seq++;
    this.bell.ring();
  }

  get store(): EventStore {
    const lineOf = (seq: number) => ({ seq, at: 0, runNo: null, nodeNo: null, because: { code: 'none' } });
    const journal = async ({ afterSeq = 0 }) =>
      Array.from({ length: this.seq - afterSeq }, (_, no) => lineOf(afterSeq + no + 1));
    return {
      live: { lastSeq: async () => this.seq, runNames: async () => new Map() },
      journal: journal as unknown as (filter: object) => Promise<JournalRecord[]>,
    } as unknown as EventStore;
  }
}

test('what happens while streams are told goes out to the later ones at once', async () => {
  const lines = new Lines();
  const clock = { now: () => 0, mono: () => 0 };
  const feed = new LiveFeed({ store: lines.store, bell: lines.bell, clock, everySecond: () => () => {} });
  const told = Promise.withResolvers<void>();
  const heard: string[] = [];
  const greeted = Array.from({ length: STREAMS }, async (_, no) => {
    const ready = Promise.withResolvers<void>();
    const write = (bytes: Uint8Array): boolean => {
      for (const [, id] of Buffer.from(bytes)
        .toString()
        .matchAll(/^id: (\d+)$/gm)) {
        heard.push(`${no}: ${id}`);
        if (id === '0') ready.resolve();
        // Something happens whenever the first stream is told of something.
        else if (no === 0 && id !== '5') lines.add();
        else if (no === 0) told.resolve();
      }
      return true;
    };
    const outgoing = { headersSent: true, write } as unknown as Outgoing;
    const again = async () => ({ seesAll: true, has: () => true }) as unknown as Access;
    const all = { dagIds: null, runIds: null, afterSeq: null, again };
    void feed
      .listen({ ...all, connection: new Connection(outgoing) })
      .getReader()
      .read();
    await ready.promise;
  });
  await Promise.all(greeted);
  lines.add();
  await told.promise;
  const of = (no: number): string[] => heard.filter((one) => one.startsWith(`${no}: `));
  expect(of(0)).toEqual(['0: 0', '0: 1', '0: 2', '0: 3', '0: 4', '0: 5']);
  const last = STREAMS - 1;
  expect(of(last)).toEqual(of(0).map((one) => one.replace('0:', `${last}:`)));
  expect(heard.indexOf(`${last}: 5`)).toBeLessThan(heard.indexOf('0: 5'));
  feed.close();
});
