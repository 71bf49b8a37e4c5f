/** What a server answers cannot be an answer of orch, whatever was asked. */
export class BadAnswer extends Error {
  override readonly name = 'BadAnswer';
}

/** Bounds of one answer: a server that is broken or means ill keeps nobody for ever and fills no memory. */
export interface AnswerLimits {
  readonly bytesMax: number;
  /** Aborts when it takes too long from its head to its end. */
  readonly late?: AbortSignal | undefined;
}

/**
 * The text of an answer that is read whole, and how long it was in bytes.
 * @throws BadAnswer if it is too long or does not end; what reading throws if the connection breaks.
 */
export async function readAnswer(
  { body }: Response,
  { bytesMax, late }: AnswerLimits,
): Promise<{ readonly text: string; readonly bytes: number }> {
  if (body === null) return { text: '', bytes: 0 };
  const reader: ReadableStreamDefaultReader<Uint8Array> = body.getReader();
  const decoder = new TextDecoder();
  const leave = () => void reader.cancel().catch(() => undefined);
  late?.addEventListener('abort', leave);
  let text = '';
  let bytes = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (late?.aborted) throw new BadAnswer('it has not come to its end in time');
      if (done) return { text: text + decoder.decode(), bytes };
      bytes += value.byteLength;
      if (bytes > bytesMax) throw new BadAnswer(`it is longer than ${bytesMax} bytes`);
      text += decoder.decode(value, { stream: true });
    }
  } finally {
    late?.removeEventListener('abort', leave);
    // The rest of what was refused is not read.
    leave();
  }
}
