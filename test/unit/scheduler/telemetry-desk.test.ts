import { describe, expect, test } from 'vitest';
import { DeliveryError } from '../../../core/channels/delivery-error.ts';
import type { Logger } from '../../../core/log/logger.ts';
import { type Refusal, TelemetryDesk } from '../../../core/scheduler/telemetry-desk.ts';
import type { Told } from '../../../core/store/scheduler-facts.ts';
import type { Lease, Store } from '../../../core/store/store.ts';
import type { ObservedLine } from '../../../core/telemetry/observed.ts';
import type { Occurrence } from '../../../core/telemetry/occurrence.ts';
import { RUN, runLine } from '../telemetry/lines.ts';

type Answer = Refusal | DeliveryError | 'slow' | null;

/** A desk over a journal of some lines, whose receiver gives these answers, and takes all that follows. */
function desk(journal: readonly ObservedLine[], answers: Answer[] = [], stored: Told | null = null) {
  const logged: string[] = [];
  const sent: string[] = [];
  const asked = Promise.withResolvers<void>();
  const state = { told: stored, mono: 0, saves: 0 };
  const note = (level: string) => (facts: { dropped?: number; error?: string }, message: string) =>
    void logged.push(`${level} ${facts.dropped ?? '-'} ${message}`);
  const store = {
    live: {
      lastSeq: async () => journal.at(-1)?.seq ?? 0,
      observed: async (after: number, upTo: number, limit: number) =>
        journal.filter(({ seq }) => seq > after && seq <= upTo).slice(0, limit),
      firstStart: async () => 1,
    },
    operations: {
      facts: {
        told: async () => state.told,
        saveTold: async (_lease: Lease, _receiver: string, told: Told) => {
          state.told = told;
          state.saves++;
        },
      },
    },
    version: async () => null,
  } as unknown as Store;
  const made = (): TelemetryDesk =>
    new TelemetryDesk({
      receiver: 'otlp',
      store,
      lease: {} as Lease,
      clock: { now: () => 0, mono: () => state.mono },
      log: { warn: note('warn'), info: note('info') } as unknown as Logger,
      withAssets: false,
      backlogMax: 1_000,
      deliver: async (occurrences: readonly Occurrence[], signal: AbortSignal) => {
        const answer = answers.shift() ?? null;
        if (answer === 'slow') {
          asked.resolve();
          return new Promise((_, reject) => signal.addEventListener('abort', () => reject(AWAY)));
        }
        if (answer instanceof DeliveryError) throw answer;
        if (answer === null) sent.push(...occurrences.map(shown));
        return answer;
      },
    });
  return { made, state, logged, sent, asked: asked.promise };
}

function shown({ type, at, reopenedBy }: Occurrence): string {
  return `${type} ${at}${reopenedBy === null ? '' : ` of ${reopenedBy}`}`;
}

const AWAY = new DeliveryError('it cannot be reached (ECONNREFUSED)', false);
const ends = (from: number, to: number): ObservedLine[] =>
  Array.from({ length: to - from + 1 }, (_, at) => runLine('running', 'success', from + at));
const lines = (from: number, to: number): string[] => ends(from, to).map(({ at }) => `run.ended ${at}`);

describe('a desk that tells a receiver', () => {
  test('begins with what is written from now on', async () => {
    const { made, state, sent } = desk(ends(1, 5));
    const one = made();
    await one.start();
    await one.drain();
    await one.close();
    expect([sent, state.told]).toEqual([[], { seq: 5, reopened: {} }]);
  });

  test('goes on where it was left off, batch by batch, and stores how far it is', async () => {
    const { made, state, sent } = desk(ends(1, 600), [null, AWAY], { seq: 3, reopened: {} });
    const one = made();
    await one.drain();
    await one.close();
    expect([state.told?.seq, sent.at(-1)]).toEqual([103, 'run.ended 103']);
    const next = made();
    await next.drain();
    await next.close();
    expect(sent).toEqual(lines(4, 600));
    expect([state.told, state.saves]).toEqual([{ seq: 600, reopened: {} }, 6]);
  });

  test('a receiver that is away is said once each time, and that it is back', async () => {
    const journal = ends(1, 600);
    const { made, sent, logged } = desk(journal, [AWAY, AWAY, AWAY, null, AWAY], { seq: 0, reopened: {} });
    const one = made();
    for (let turn = 0; turn < 5; turn++) await one.drain();
    await one.close();
    expect(sent).toEqual(lines(1, 600));
    const away = 'warn - what happens cannot be sent now: it waits in the journal';
    const back = 'info 0 what happens is sent again';
    expect(logged).toEqual([away, back, away, back]);
  });

  test('one that does not answer keeps nobody from ending, and the next leader tells it', async () => {
    const { made, sent, state, logged, asked } = desk(ends(1, 2), ['slow'], { seq: 0, reopened: {} });
    const one = made();
    const drained = one.drain();
    await asked;
    await one.close();
    await drained;
    expect([sent, state.told?.seq, logged]).toEqual([[], 0, []]);
    const next = made();
    await next.drain();
    await next.close();
    expect(sent).toEqual(lines(1, 2));
  });

  test('what is refused is dropped, counted, and said once', async () => {
    const refused = { count: 250, why: 'it was answered with status 400' };
    const journal = ends(1, 900);
    const { made, sent, logged } = desk(journal, [refused, refused], { seq: 0, reopened: {} });
    const one = made();
    await one.drain();
    await one.close();
    expect(sent).toEqual(lines(201, 900));
    expect(logged).toEqual([
      'warn 250 what happened is not sent: it is dropped',
      'info 500 what happens is sent again',
    ]);
  });

  test('of what waits only the newest lines are kept, however often it is tried', async () => {
    const { made, sent, logged } = desk(ends(1, 1_500), [AWAY, AWAY], { seq: 0, reopened: {} });
    const one = made();
    for (let turn = 0; turn < 3; turn++) await one.drain();
    await one.close();
    expect(sent).toEqual(lines(501, 1_500));
    expect(logged.filter((line) => line.includes('500'))).toEqual([
      'warn 500 what happened is not sent: it is dropped',
      'info 500 what happens is sent again',
    ]);
  });

  test('remembers over a restart by which line a run began once more', async () => {
    const begun = [runLine('failed', 'queued', 1), runLine('queued', 'running', 2)];
    const first = desk(begun, [], { seq: 0, reopened: {} });
    const one = first.made();
    await one.drain();
    await one.close();
    expect(first.state.told).toEqual({ seq: 2, reopened: { [RUN.runNo]: 1 } });
    const after = desk([...begun, runLine('running', 'success', 3)], [], first.state.told);
    const next = after.made();
    await next.drain();
    await next.close();
    expect([after.sent, after.state.told]).toEqual([['run.ended 3 of 1'], { seq: 3, reopened: {} }]);
  });

  test('an error of the store is no reason to give up', async () => {
    const { made, sent, state } = desk(ends(1, 2), [], { seq: 0, reopened: {} });
    const one = made();
    const told = state.told;
    Object.defineProperty(state, 'told', {
      configurable: true,
      get: () => {
        Object.defineProperty(state, 'told', { value: told, writable: true });
        throw new Error('the store is away');
      },
    });
    await one.drain();
    expect(sent).toEqual([]);
    await one.drain();
    await one.close();
    expect(sent).toEqual(lines(1, 2));
  });
});
