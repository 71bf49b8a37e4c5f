import type { Job } from './job.ts';

/** Jobs in the order in which they came; taking the first costs the same however many wait. */
export class JobQueue {
  #jobs: (Job | null)[] = [];
  #head = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get first(): Job | null {
    this.#skipHoles();
    return this.#jobs[this.#head] ?? null;
  }

  push(job: Job): void {
    this.#jobs.push(job);
    this.#size += 1;
  }

  /** Puts jobs before all others, in their order. */
  unshift(jobs: readonly Job[]): void {
    if (jobs.length === 0) return;
    this.#jobs = [...jobs, ...this.#jobs.slice(this.#head)];
    this.#head = 0;
    this.#size += jobs.length;
  }

  shift(): Job | null {
    const first = this.first;
    if (first === null) return null;
    this.#jobs[this.#head++] = null;
    this.#size -= 1;
    if (this.#head > 1_024 && this.#head * 2 > this.#jobs.length) {
      this.#jobs = this.#jobs.slice(this.#head);
      this.#head = 0;
    }
    return first;
  }

  /** Takes a job out wherever it stands; `false` if it is not here. */
  remove(job: Job): boolean {
    const at = this.#jobs.indexOf(job, this.#head);
    if (at < 0) return false;
    this.#jobs[at] = null;
    this.#size -= 1;
    return true;
  }

  /** Takes all. */
  drain(): Job[] {
    const all = this.#jobs.slice(this.#head).filter((job) => job !== null);
    this.#jobs = [];
    this.#head = 0;
    this.#size = 0;
    return all;
  }

  #skipHoles(): void {
    while (this.#head < this.#jobs.length && this.#jobs[this.#head] === null) this.#head += 1;
  }
}
