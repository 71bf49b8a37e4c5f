import type { Outcome } from '../model/attempt.ts';
import type { GoneFrame } from './protocol.ts';

/** Signals by which a process ends itself, through its own code or that of a library. */
const CRASHES = new Set([
  'SIGABRT',
  'SIGBUS',
  'SIGFPE',
  'SIGILL',
  'SIGPIPE',
  'SIGQUIT',
  'SIGSEGV',
  'SIGSYS',
  'SIGTRAP',
]);
const HEAP_FULL = /heap out of memory|Reached heap limit|Allocation failed/;

/**
 * The outcome of an attempt whose runner went away without telling one. `alone`: no other attempt ran in it.
 */
export function outcomeOfGone(frame: GoneFrame, alone: boolean): Outcome {
  if (frame.why === 'memory' || HEAP_FULL.test(frame.stray)) {
    return alone ? { kind: 'memory' } : lost('another attempt in its runner used too much memory');
  }
  if (!alone) return lost('its runner ended because of another attempt in it');
  if (frame.why === 'killed') return lost('its runner was ended');
  if (frame.code !== null) {
    const message = `the process of the attempt ended with exit code ${frame.code}`;
    return {
      kind: 'failed',
      error: { name: 'ProcessExit', message, code: String(frame.code), exitCode: frame.code },
    };
  }
  const signal = frame.signal ?? 'an unknown signal';
  if (!CRASHES.has(signal)) return lost(`its runner was killed from outside (${signal})`);
  const message = `the process of the attempt crashed (${signal})`;
  return { kind: 'failed', error: { name: 'ProcessCrash', message, code: signal, signal } };
}

function lost(detail: string): Outcome {
  return { kind: 'lost', detail };
}
