import * as net from 'node:net';

export interface MailSink {
  readonly url: string;
  /** Each mail as it came, header and body. */
  readonly mails: readonly string[];
  readonly recipients: readonly string[];
  stop(): Promise<void>;
}

/** A mail server that takes everything, or refuses the recipients that start with "no". */
export async function startMailSink(): Promise<MailSink> {
  const mails: string[] = [];
  const recipients: string[] = [];
  const server = net.createServer((socket) => {
    let [isMail, mail, rest] = [false, '', ''];
    const take = (line: string): string | null => {
      if (isMail) {
        if (line !== '.') {
          mail += `${line}\n`;
          return null;
        }
        isMail = false;
        mails.push(mail);
        mail = '';
        return '250 taken';
      }
      const word = line.slice(0, 4).toUpperCase();
      if (word === 'DATA') isMail = true;
      if (word === 'RCPT') {
        const address = /<(.*)>/.exec(line)?.[1] ?? '';
        if (address.startsWith('no')) return '550 no such user';
        recipients.push(address);
      }
      return word === 'DATA' ? '354 go on' : word === 'QUIT' ? '221 bye' : '250 fine';
    };
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      const parts = (rest + chunk.toString()).split('\r\n');
      rest = parts.pop() ?? '';
      for (const line of parts) {
        const answer = take(line);
        if (answer !== null) socket.write(`${answer}\r\n`);
      }
    });
    socket.write('220 mail.keyexample.com\r\n');
  });
  const listening = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', listening.resolve);
  await listening.promise;
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `smtp://127.0.0.1:${port}`,
    mails,
    recipients,
    stop: async () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      server.close(() => resolve());
      await promise;
    },
  };
}
