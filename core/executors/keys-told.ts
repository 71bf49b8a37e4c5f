import type { AttemptOrder } from '../model/attempt.ts';

/** Which keys of variables and connections a peer has been told. */
export class KeysTold {
  readonly #keyOf: (id: string) => string | null;
  readonly #told = new Set<string>();

  constructor(keyOf: (id: string) => string | null) {
    this.#keyOf = keyOf;
  }

  /** Whether the peer was ever told one: attempts with secrets have run there. */
  get any(): boolean {
    return this.#told.size > 0;
  }

  /** The frames with the keys that an order needs and the peer does not have, each with its line break. */
  framesFor({ given }: AttemptOrder): string {
    let text = '';
    for (const value of given ?? []) {
      if ('problem' in value || this.#told.has(value.keyId)) continue;
      const key = this.#keyOf(value.keyId);
      if (key === null) continue;
      this.#told.add(value.keyId);
      text += `${JSON.stringify({ t: 'key', id: value.keyId, key })}\n`;
    }
    return text;
  }

  /** Another peer takes the place of this one. */
  forget(): void {
    this.#told.clear();
  }
}
