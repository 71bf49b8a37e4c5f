/** Why a try did not arrive, in words without any address. */
export class DeliveryError extends Error {
  /** Whether another try makes no sense. */
  readonly isFinal: boolean;

  constructor(message: string, isFinal: boolean) {
    super(message);
    this.name = 'DeliveryError';
    this.isFinal = isFinal;
  }
}
