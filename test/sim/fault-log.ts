import type { Logger } from '../../core/log/logger.ts';

const silent = (): void => {};

interface Facts {
  readonly dag?: string;
  readonly why?: string;
  readonly err?: Error;
  /** Of which memory differed from the store. */
  readonly runs?: readonly number[];
  readonly dags?: readonly string[];
}

/** Who hears what. */
export interface Ears {
  /** A DAG has slots that cannot be decided. */
  readonly onFault: (text: string) => void;
  /** An error that the simulation did not make. */
  readonly onDefect: (text: string) => void;
  readonly onStale: (runs: readonly number[], dags: readonly string[]) => void;
}

/** Errors that faults make, and what is told of memory, which is heard apart. */
const EXPECTED = /the simulation|differ from memory again/;

/** A log of which is heard what must not be, or not without a reason. */
export function faultLog({ onFault, onDefect, onStale }: Ears): Logger {
  const error = ({ dag, why, err }: Facts): void => {
    if (dag !== undefined && why !== undefined) onFault(`${dag}: ${why}`);
    if (err !== undefined && !EXPECTED.test(err.message)) onDefect(err.message);
  };
  const warn = ({ runs, dags }: Facts): void => {
    if (runs !== undefined) onStale(runs, dags ?? []);
  };
  return { debug: silent, info: silent, warn, error } as unknown as Logger;
}
