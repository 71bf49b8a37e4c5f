/** A sign of life of an attempt, in the order in which it was seen. */
export interface Sign {
  readonly word: string;
  readonly attemptId: string;
  readonly pid?: number;
}

/** No attempt id is started twice. */
export function startedTwice(witness: readonly Sign[]): string[] {
  const started = new Map<string, number>();
  for (const { word, attemptId } of witness) {
    if (word === 'START') started.set(attemptId, (started.get(attemptId) ?? 0) + 1);
  }
  return [...started].filter(([, times]) => times > 1).map(([id, times]) => `${id} started ${times} times`);
}

/** No sign of life of an attempt comes after a later one of its task instance began. */
export function outlivedSuccessor(witness: readonly Sign[]): string[] {
  const found = new Set<string>();
  const newest = new Map<string, number>();
  for (const { word, attemptId, pid } of witness) {
    const at = attemptId.lastIndexOf('.');
    const [instance, tryNo] = [attemptId.slice(0, at), Number(attemptId.slice(at + 1))];
    const started = newest.get(instance) ?? 0;
    const who = pid === undefined ? attemptId : `process ${pid} of ${attemptId}`;
    if (tryNo < started) found.add(`${who} lived after attempt ${started} began`);
    if (word === 'START') newest.set(instance, Math.max(started, tryNo));
  }
  return [...found];
}
