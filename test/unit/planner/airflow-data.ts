import { existsSync, readFileSync } from 'node:fs';

/** Reads a table of Airflow's behaviour, or gives `null` where the data is not at hand. */
export function airflowData<T>(file: string): T | null {
  const path = new URL(`../../../../shared/data/airflow/${file}.json`, import.meta.url);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as T) : null;
}
