import type { Socket } from "bun";

/** The server's side of one connection. */
export interface RawConnection {
  /** 1 for the first connection of the server. */
  readonly nth: number;
  /** Sends all of it, however slowly the client reads; resolves when the system has it. */
  send(bytes: string | Uint8Array): Promise<void>;
  /** Ends it in good order. */
  end(): void;
  /** Ends it with a reset. */
  reset(): void;
  pause(): void;
  resume(): void;
}

export interface RawHttpServer extends Disposable {
  readonly port: number;
  readonly url: URL;
  /** Connections since the start, and those that are open now. */
  readonly opened: number;
  readonly open: number;
  /** Bytes that arrived, on all connections. */
  readonly received: number;
  /** The body of each whole request, in the order of arrival. */
  readonly bodies: string[];
}

export interface RawHttpOptions {
  readonly hostname?: string;
  /** Reads a little, then lets the rest wait for a turn. */
  readonly slow?: boolean;
  readonly onOpen?: (connection: RawConnection) => void;
  /** `request` is head and body of a whole request. */
  readonly onRequest?: (connection: RawConnection, request: string, body: string) => unknown;
}

interface Peer {
  readonly connection: RawConnection;
  held: Buffer;
  drained: (() => void) | undefined;
}

/** A server of bytes for tests: it says what the test says, wrong things too. */
export function startRawHttpServer({ hostname = "127.0.0.1", slow = false, onOpen, onRequest }: RawHttpOptions): RawHttpServer {
  let [opened, open, received] = [0, 0, 0];
  const bodies: string[] = [];
  const listener = Bun.listen<Peer>({
    hostname,
    port: 0,
    socket: {
      open(socket) {
        opened += 1;
        open += 1;
        socket.data = { connection: connectionOf(socket, opened), held: Buffer.alloc(0), drained: undefined };
        onOpen?.(socket.data.connection);
      },
      data(socket, bytes) {
        const peer = socket.data;
        received += bytes.length;
        if (slow) {
          socket.pause();
          setTimeout(() => socket.resume(), 0);
        }
        if (onRequest === undefined) return;
        peer.held = Buffer.concat([peer.held, bytes]);
        for (let request = takeRequest(peer); request !== undefined; request = takeRequest(peer)) {
          bodies.push(request.body);
          onRequest(peer.connection, request.text, request.body);
        }
      },
      drain: ({ data }) => data.drained?.(),
      close({ data }) {
        open -= 1;
        data.drained?.();
      },
      error() {},
    },
  });
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  return {
    port: listener.port,
    url: new URL(`http://${host}:${listener.port}/mcp?a=b`),
    bodies,
    get opened() {
      return opened;
    },
    get open() {
      return open;
    },
    get received() {
      return received;
    },
    [Symbol.dispose]: () => listener.stop(true),
  };
}

function connectionOf(socket: Socket<Peer>, nth: number): RawConnection {
  return {
    nth,
    async send(bytes) {
      let rest: Uint8Array = Buffer.from(bytes);
      while (rest.length > 0) {
        const written = socket.write(rest);
        if (written < 0) return;
        rest = rest.subarray(written);
        if (rest.length === 0) return;
        const { promise, resolve } = Promise.withResolvers<void>();
        socket.data.drained = resolve;
        await promise;
      }
    },
    end: () => socket.end(),
    reset: () => socket.terminate(),
    pause: () => socket.pause(),
    resume: () => socket.resume(),
  };
}

function takeRequest(peer: Peer): { readonly text: string; readonly body: string } | undefined {
  const head = peer.held.indexOf("\r\n\r\n");
  if (head === -1) return undefined;
  const length = Number(/\r\ncontent-length: (\d+)\r\n/.exec(peer.held.toString("latin1", 0, head + 2))?.[1] ?? 0);
  const end = head + 4 + length;
  if (peer.held.length < end) return undefined;
  const text = peer.held.toString("utf8", 0, end);
  const body = peer.held.toString("utf8", head + 4, end);
  peer.held = peer.held.subarray(end);
  return { text, body };
}

/** A whole response with a length. */
export function plainResponse(body: string, headers = ""): string {
  return `HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n${headers}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

/** Waits for what another side does; the test's own time is the limit. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await Bun.sleep(1);
}
