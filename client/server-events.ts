import { BadAnswer } from './read-answer.ts';

/** An event of a stream of Server-Sent Events; a comment has no name and no data. */
export interface ServerEvent {
  readonly id: string | null;
  readonly event: string | null;
  readonly data: string | null;
}

/** An event is a line of a journal or less. */
const EVENT_LENGTH_MAX = 1024 * 1024;

/**
 * Reads the blocks of a stream of Server-Sent Events until it ends.
 * @throws BadAnswer if an event has no end.
 */
export async function* serverEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      text += decoder.decode(value, { stream: true });
      const blocks = text.split(/\r?\n\r?\n/);
      text = blocks.pop() ?? '';
      if (text.length > EVENT_LENGTH_MAX) throw new BadAnswer('an event of its stream has no end');
      for (const block of blocks) yield eventOf(block);
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

function eventOf(block: string): ServerEvent {
  const fields: { [name: string]: string } = {};
  for (const line of block.split(/\r?\n/)) {
    const [, name = '', value = ''] = /^([^:]+): ?(.*)$/.exec(line) ?? [];
    if (name !== '') fields[name] = name in fields ? `${fields[name]}\n${value}` : value;
  }
  const { id = null, event = null, data = null } = fields;
  return { id, event, data };
}
