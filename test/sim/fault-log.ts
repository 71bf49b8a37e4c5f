import type { Logger } from '../../core/log/logger.ts';

const silent = (): void => {};

/** A log of which only the DAGs are heard whose slots cannot be decided. */
export function faultLog(onFault: (text: string) => void): Logger {
  const error = ({ dag, why }: { readonly dag?: string; readonly why?: string }): void => {
    if (dag !== undefined && why !== undefined) onFault(`${dag}: ${why}`);
  };
  return { debug: silent, info: silent, warn: silent, error } as unknown as Logger;
}
