import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Requests that a connection may send before the one at hand is answered; clients send none mostly. */
const WAITING_MAX = 16;

type Asked = readonly [IncomingMessage, ServerResponse];

/**
 * Has the requests of a connection answered one after the other, each once the answer before is out: who asks
 * many times and takes nothing would have all the answers kept in memory. A connection on which more wait is
 * closed. `began` is told of each that is handed over.
 */
export function answerOneByOne(server: Server, began: (response: ServerResponse) => void): void {
  const [answer] = server.listeners('request') as RequestListener[];
  if (answer === undefined) throw new TypeError('the server answers no requests');
  server.removeListener('request', answer);
  /** What waits on each connection on which something is being answered. */
  const busy = new WeakMap<Socket, Asked[]>();
  const handOver = ([request, response]: Asked): void => {
    const { socket } = request;
    response.once('close', () => {
      const next = socket.destroyed ? undefined : busy.get(socket)?.shift();
      if (next === undefined) busy.delete(socket);
      else handOver(next);
    });
    began(response);
    answer(request, response);
  };
  server.on('request', (request, response) => {
    const waiting = busy.get(request.socket);
    if (waiting === undefined) {
      busy.set(request.socket, []);
      handOver([request, response]);
    } else if (waiting.length < WAITING_MAX) waiting.push([request, response]);
    else request.socket.destroy();
  });
}
