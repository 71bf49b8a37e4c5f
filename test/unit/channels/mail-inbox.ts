import { type AddressInfo, createServer } from 'node:net';

/** A mail server of this machine that takes what it is sent. */
export interface MailInbox extends AsyncDisposable {
  readonly port: number;
  /** What clients have said, line by line. */
  readonly lines: readonly string[];
}

/** Speaks as much SMTP as one mail needs; answers each `MAIL FROM` with these, and with 250 from then on. */
export async function openMailInbox(...mailAnswers: string[]): Promise<MailInbox> {
  const lines: string[] = [];
  const server = createServer((socket) => {
    let isData = false;
    let rest = '';
    const say = (line: string): void => void socket.write(`${line}\r\n`);
    const hear = (line: string): void => {
      lines.push(line);
      if (isData) {
        if (line === '.') say('250 kept');
        isData = line !== '.';
      } else if (/^MAIL/i.test(line)) say(mailAnswers.shift() ?? '250 ok');
      else if (/^DATA/i.test(line)) {
        isData = true;
        say('354 go on');
      } else if (/^QUIT/i.test(line)) socket.end('221 bye\r\n');
      else say('250 ok');
    };
    say('220 test');
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      const parts = (rest + chunk.toString()).split('\r\n');
      rest = parts.pop() ?? '';
      for (const line of parts) hear(line);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    lines,
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
