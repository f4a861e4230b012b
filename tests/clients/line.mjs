// A wire between a client and a server that can be cut in the middle of what is sent over it, and that notes what was asked.

import { connect, createServer } from 'node:net';
import { once } from 'node:events';

const HEAD = /^(POST|HEAD|PATCH) \/api\S* HTTP\/1\.1\r\n[^]*?\r\n\r\n/;

export class Line {
  // Requests, as { method, offset }: what they said of `Upload-Offset`.
  asked = [];
  #pairs = new Set();
  #budget = Infinity;
  #whenCut = () => {};

  constructor(port) {
    this.to = port;
    this.server = createServer((client) => this.#carry(client));
  }

  async open() {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    this.url = `http://127.0.0.1:${this.server.address().port}`;
    return this;
  }

  // Lets `bytes` more pass towards the server and then cuts every connection; resolves at that moment.
  cutAfter(bytes) {
    this.#budget = bytes;
    return new Promise((resolve) => (this.#whenCut = resolve));
  }

  close() {
    this.#cut();
    this.server.close();
  }

  #cut() {
    for (const end of this.#pairs) end.destroy();
    this.#pairs.clear();
  }

  #carry(client) {
    const server = connect(this.to, '127.0.0.1');
    for (const [from, to] of [[client, server], [server, client]]) {
      this.#pairs.add(from);
      from.on('error', () => to.destroy());
      from.on('close', () => to.destroy());
    }
    server.on('data', (bytes) => client.write(bytes));
    server.on('end', () => client.end());
    client.on('end', () => server.end());
    client.on('data', (bytes) => {
      const head = HEAD.exec(bytes.toString('latin1'));
      if (head) this.asked.push({ method: head[1], offset: Number(/^upload-offset: (\d+)/im.exec(head[0])?.[1] ?? -1) });
      const passing = bytes.subarray(0, this.#budget);
      this.#budget -= passing.length;
      if (this.#budget > 0) {
        if (!server.write(passing)) {
          client.pause();
          server.once('drain', () => client.resume());
        }
        return;
      }
      this.#budget = Infinity;
      // What passed arrives before the cut.
      server.end(passing, () => {
        this.#cut();
        this.#whenCut();
      });
    });
  }
}
