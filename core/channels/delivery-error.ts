/** Why a try did not arrive, in words without any address. */
export class DeliveryError extends Error {
  /** Whether another try makes no sense. */
  readonly isFinal: boolean;
  /** How long the receiver wants to be left alone; `null`: it says nothing. */
  readonly retryAfterMs: number | null;

  constructor(message: string, isFinal: boolean, retryAfterMs: number | null = null) {
    super(message);
    this.name = 'DeliveryError';
    this.isFinal = isFinal;
    this.retryAfterMs = retryAfterMs;
  }
}
