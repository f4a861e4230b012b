/**
 * A slow line between a browser and a server: so many bytes a second for all connections together, and so long for each way.
 *
 * What goes through the browser's own tools for this is not slow where it matters to us: workers ask beside them. Making a connection costs a round trip,
 * as it does elsewhere; TLS, lost packets and TCP's slow start are not played.
 */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface Line {
  /** The server's, as it is seen through the line. */
  readonly origin: string;
  close(): Promise<void>;
}

export interface Speed {
  readonly roundTripMs: number;
  readonly bytesPerSecond: { readonly down: number; readonly up: number };
}

/** What is on its way at once is little: nobody is held back. */
export async function lineTo(origin: string, { roundTripMs, bytesPerSecond }: Speed): Promise<Line> {
  const port = Number(new URL(origin).port);
  const ends = new Set<Socket>();
  const up = lane(bytesPerSecond.up);
  const down = lane(bytesPerSecond.down);

  const line = createServer({ noDelay: true }, (near) => {
    const far = connect({ port, host: '127.0.0.1', noDelay: true });
    // The browser has its connection already: what it sends first waits for the round trip that a real one takes.
    const open = performance.now() + roundTripMs;
    for (const [from, to, leaves] of [[near, far, up], [far, near, down]] as const) {
      ends.add(from);
      const send = later((bytes) => Math.max(leaves(bytes), open) + roundTripMs / 2);
      from.on('data', (bytes: Buffer) => {
        // In parts, so that several answers come together as they do over a real line.
        for (let at = 0; at < bytes.length; at += PACKET_BYTES) {
          const part = bytes.subarray(at, at + PACKET_BYTES);
          send(part.length, () => void (to.destroyed || to.write(part)));
        }
      });
      from.on('end', () => send(0, () => void to.end()));
      from.on('error', () => to.destroy());
      from.on('close', () => ends.delete(from));
    }
  }).listen(0, '127.0.0.1');
  await once(line, 'listening');

  return {
    origin: `http://127.0.0.1:${(line.address() as AddressInfo).port}`,
    async close() {
      line.close();
      for (const end of ends) end.destroy();
      await once(line, 'close');
    },
  };
}

const PACKET_BYTES = 1460;

/** One direction: one packet after the other. Gives when so many bytes have left. */
function lane(bytesPerSecond: number): (bytes: number) => number {
  let free = 0;
  return (bytes) => (free = Math.max(free, performance.now()) + (bytes / bytesPerSecond) * 1000);
}

/** What one connection sends, in its order. */
function later(arrives: (bytes: number) => number): (bytes: number, arrive: () => void) => void {
  const waiting: { readonly at: number; readonly arrive: () => void }[] = [];
  let timer: NodeJS.Timeout | undefined;

  function wait(): void {
    const [first] = waiting;
    timer = first && setTimeout(deliver, Math.max(0, first.at - performance.now()));
  }

  function deliver(): void {
    while (waiting[0] !== undefined && waiting[0].at <= performance.now()) waiting.shift()?.arrive();
    wait();
  }

  return (bytes, arrive) => {
    waiting.push({ at: arrives(bytes), arrive });
    if (timer === undefined) wait();
  };
}
