/** A wire between a browser and a server that can be cut in the middle of an answer, and mended. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface Wire {
  /** The server's, as it is seen through the wire. */
  readonly origin: string;
  /** Cuts everything, once, as soon as one connection has brought so many bytes from the server. Nothing connects until it is mended. */
  cutAfter(bytes: number): Promise<void>;
  mend(): void;
  /** First lines of the requests, with their `Range`. */
  readonly asked: readonly string[];
  close(): Promise<void>;
}

/** Leads to a server on loopback. */
export async function wireTo(origin: string): Promise<Wire> {
  const port = Number(new URL(origin).port);
  const ends = new Set<Socket>();
  const asked: string[] = [];
  let broken = false;
  let limit = Number.POSITIVE_INFINITY;
  let onCut = (): void => undefined;

  function cut(): void {
    broken = true;
    limit = Number.POSITIVE_INFINITY;
    for (const end of ends) end.destroy();
    onCut();
  }

  const wire = createServer((near) => {
    if (broken) return void near.destroy();
    const far = connect(port, '127.0.0.1');
    let brought = 0;
    for (const [from, to] of [[near, far], [far, near]] as const) {
      ends.add(from);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        ends.delete(from);
        to.destroy();
      });
    }
    near.on('data', (bytes) => {
      for (const [, first, rest] of bytes.toString('latin1').matchAll(/^((?:GET|HEAD|POST|PATCH) \S+) HTTP\/1\.1\r\n([^]*?)\r\n\r\n/gm)) {
        asked.push(`${first} ${/^range: (.*)$/im.exec(rest ?? '')?.[1] ?? ''}`.trim());
      }
      far.write(bytes);
    });
    far.on('data', (bytes) => {
      brought += bytes.length;
      if (brought >= limit) return cut();
      // A browser that does not keep up holds the server back, as a wire does.
      if (!near.write(bytes)) {
        far.pause();
        near.once('drain', () => far.resume());
      }
    });
  }).listen(0, '127.0.0.1');
  await once(wire, 'listening');

  return {
    origin: `http://127.0.0.1:${(wire.address() as AddressInfo).port}`,
    asked,
    cutAfter: (bytes) =>
      new Promise((resolve) => {
        limit = bytes;
        onCut = resolve;
      }),
    mend() {
      broken = false;
    },
    async close() {
      wire.close();
      for (const end of ends) end.destroy();
      await once(wire, 'close');
    },
  };
}
