/** Stands where a server was, hands on what another one says, and changes it: a newer version, one that is down, or one that means harm. */
import { once } from 'node:events';
import { createServer, get } from 'node:http';

/** What is answered, unpacked. */
export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
}

/** Listens on `port` of loopback; `change` gets each answer of `behind` with the path that was asked for. `GET` alone. */
export async function impostor(port: number, behind: string, change: (path: string, answer: Answer) => void): Promise<{ stop(): Promise<void> }> {
  const server = createServer((asked, answering) => {
    get(`${behind}${asked.url ?? '/'}`, { headers: { ...asked.headers, 'accept-encoding': 'identity' } }, (got) => {
      const parts: Buffer[] = [];
      got.on('data', (part: Buffer) => parts.push(part));
      got.on('end', () => {
        const answer: Answer = { status: got.statusCode ?? 500, headers: { ...got.headers }, body: Buffer.concat(parts) };
        change(new URL(asked.url ?? '/', behind).pathname, answer);
        delete answer.headers['content-length'];
        answering.writeHead(answer.status, answer.headers).end(answer.body);
      });
    }).on('error', () => answering.destroy());
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
