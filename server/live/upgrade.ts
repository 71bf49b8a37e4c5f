import { upgradeWebSocket } from '@hono/node-server';
import type { Context } from 'hono';
import type { WebSocket } from 'ws';
import { AppError } from '../../core/model/errors.ts';
import { isSameHost } from '../auth/same-host.ts';
import { problemOfStatus } from '../problem.ts';
import type { FigureListener } from './figure-feed.ts';

/** The end of a stream that its client opens as a WebSocket. */
export type Line = Pick<FigureListener, 'offer' | 'end'>;

/** The listener may not listen any more, or the server ends; RFC 6455. */
const GOING_AWAY = 1001;

/**
 * Answers a request with a WebSocket. Browsers send cookies with one from any page: only pages of this server
 * may open it. `open` is given the line and gives what is to be called once it is closed.
 */
export async function upgrade(context: Context, open: (line: Line) => () => void): Promise<Response> {
  if (context.req.header('upgrade')?.toLowerCase() !== 'websocket') {
    context.header('upgrade', 'websocket');
    return problemOfStatus(context, 426, 'upgrade', {
      title: 'A WebSocket only',
      detail: 'this address takes WebSockets only',
    });
  }
  if (!isSameHost(context)) throw new AppError('forbidden', 'a page of another site may not open this');
  let leave = (): void => {};
  const handler = upgradeWebSocket(() => ({
    onOpen: (_event, { raw }) => {
      const socket = raw as WebSocket;
      try {
        leave = open(lineOf(socket));
      } catch {
        socket.close(1013);
      }
    },
    onClose: () => leave(),
    onError: () => leave(),
  }));
  const answer = await handler(context, async () => {});
  if (answer instanceof Response) return answer;
  throw new AppError('unavailable', 'this server takes no WebSockets');
}

function lineOf(socket: WebSocket): Line {
  return {
    offer: (text) => {
      if (socket.readyState !== socket.OPEN || socket.bufferedAmount > 0) return false;
      socket.send(text);
      return true;
    },
    end: (isSlow) => {
      if (isSlow) socket.terminate();
      else socket.close(GOING_AWAY);
    },
  };
}
