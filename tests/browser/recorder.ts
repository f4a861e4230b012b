/** A proxy on loopback that keeps all that a browser sends through it: requests of pages, of workers and of the browser itself. */
import { once } from 'node:events';
import { createServer, request as ask } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Recorder {
  readonly address: string;
  /** Everything that was asked for, as `host:port`. */
  readonly hosts: Set<string>;
  /** Addresses, headers and bodies, one after the other. */
  sent(): Buffer;
  stop(): Promise<void>;
}

/** Passes on what is for `origin`, and nothing else. */
export async function record(origin: string): Promise<Recorder> {
  const hosts = new Set<string>();
  const parts: Buffer[] = [];
  const allowed = new URL(origin).host;
  const server = createServer((incoming, answer) => {
    const url = new URL(incoming.url ?? '', 'http://no-host.invalid');
    hosts.add(url.host);
    parts.push(Buffer.from(`${incoming.method} ${incoming.url}\n${incoming.rawHeaders.join('\n')}\n\n`));
    incoming.on('data', (bytes: Buffer) => void parts.push(bytes));
    if (url.host !== allowed) {
      incoming.resume();
      answer.writeHead(502).end('nobody is there');
      return;
    }
    const passed = ask(url, { method: incoming.method, headers: incoming.headers }, (reply) => {
      answer.writeHead(reply.statusCode ?? 502, reply.rawHeaders);
      reply.pipe(answer);
    });
    passed.on('error', () => answer.destroy());
    incoming.pipe(passed);
  });
  server.on('connect', (incoming, socket) => {
    hosts.add(incoming.url ?? '');
    parts.push(Buffer.from(`CONNECT ${incoming.url}\n`));
    socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    hosts,
    sent: () => Buffer.concat(parts),
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
