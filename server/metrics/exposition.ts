import type { LoopTimes } from '../../core/model/scheduler-report.ts';
import { BOUNDS, type Histogram } from './histogram.ts';

/** The type of an answer in the text format of Prometheus. */
export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export type Labels = Readonly<Record<string, string>>;

/** Figures of one name: each with its labels. */
export interface Family<Value> {
  readonly name: string;
  readonly help: string;
  readonly samples: Iterable<readonly [Labels, Value]>;
}

/** Figures in the text format of Prometheus, version 0.0.4. */
export class Exposition {
  readonly #lines: string[] = [];

  gauge(family: Family<number>): void {
    this.#plain('gauge', family);
  }

  counter(family: Family<number>): void {
    this.#plain('counter', family);
  }

  histogram({ name, help, samples }: Family<Histogram>): void {
    this.#head(name, help, 'histogram');
    for (const [labels, { counts, count, seconds }] of samples) {
      let below = 0;
      for (const [at, bound] of BOUNDS.entries()) {
        below += counts[at] as number;
        this.#lines.push(line(`${name}_bucket`, { ...labels, le: String(bound) }, below));
      }
      this.#lines.push(line(`${name}_bucket`, { ...labels, le: '+Inf' }, count));
      this.#lines.push(line(`${name}_sum`, labels, seconds), line(`${name}_count`, labels, count));
    }
  }

  /** A histogram with bounds of its own; `null`: there is none now. */
  histogramOf(name: string, help: string, times: LoopTimes | null): void {
    this.#head(name, help, 'histogram');
    if (times === null) return;
    let below = 0;
    for (const [at, bound] of times.bounds.entries()) {
      below += times.counts[at] as number;
      this.#lines.push(line(`${name}_bucket`, { le: String(bound) }, below));
    }
    const count = below + (times.counts.at(-1) as number);
    this.#lines.push(line(`${name}_bucket`, { le: '+Inf' }, count));
    this.#lines.push(line(`${name}_sum`, {}, times.seconds), line(`${name}_count`, {}, count));
  }

  get text(): string {
    return `${this.#lines.join('\n')}\n`;
  }

  #plain(type: string, { name, help, samples }: Family<number>): void {
    this.#head(name, help, type);
    for (const [labels, value] of samples) this.#lines.push(line(name, labels, value));
  }

  #head(name: string, help: string, type: string): void {
    this.#lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
  }
}

function line(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
