import type { Config } from '../config/config.ts';
import type { ParseLimits } from './parsed-file.ts';

/** What loading a DAG file may take by the config of its project. */
export function loadLimits({ scheduler }: Pick<Config, 'scheduler'>): Partial<ParseLimits> {
  const { loadCpuMs, loadWaitMs, loadMemoryMb } = scheduler;
  return { cpuMs: loadCpuMs, waitMs: loadWaitMs, memoryMb: loadMemoryMb };
}
