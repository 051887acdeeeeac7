import { connect, type Socket } from "node:net";
import { runtimeFailed, runtimeUnavailable } from "../runtime-errors.ts";
import { CallLimit } from "./call-limit.ts";
import type { EngineRequest } from "./engine-request.ts";

const MAX_HEAD_BYTES = 64 << 10;

/** A connection that has become a plain stream in both directions. */
export interface HijackedConnection {
  /** 101 or 200; else `text` says why not. */
  readonly status: number;
  /** The body of a refusal. */
  readonly text: string;
  readonly chunks: AsyncIterable<Uint8Array>;
  write(data: Uint8Array): Promise<void>;
  /** The other side sees the end of its input and may go on to write. */
  end(): Promise<void>;
  close(): void;
}

/**
 * Sends a request and takes its connection over, as `docker exec` does. Done on the socket itself: a client library keeps the
 * connection for itself. The deadline is for the head of the answer; after that the signal alone ends it.
 */
export async function hijack(socketPath: string, request: EngineRequest): Promise<HijackedConnection> {
  const limit = new CallLimit(request);
  const socket = connect({ path: socketPath, allowHalfOpen: true });
  // Without a listener an error that comes later would end the process; the reader gets it from the socket itself.
  socket.on("error", () => {});
  limit.whenOver(() => socket.destroy());
  const reader = socket[Symbol.asyncIterator]();
  try {
    socket.write(headOf(request));
    const { head, rest } = await readHead(reader);
    limit.stopTimer();
    const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1] ?? 0);
    const isOpen = status === 101 || status === 200;
    const text = isOpen ? "" : await readRefusal(head, rest, reader);
    if (!isOpen) socket.destroy();
    return {
      status,
      text,
      chunks: rawChunks(rest, reader, limit, socket),
      write: (data) => writeTo(socket, data),
      end: async () => void socket.end(),
      close: () => {
        limit.release();
        socket.destroy();
      },
    };
  } catch (thrown) {
    const over = limit.over;
    limit.release();
    socket.destroy();
    throw over ?? runtimeUnavailable(`${thrown instanceof Error ? thrown.message : thrown} (${socketPath}, ${request.what})`, thrown);
  }
}

function headOf({ method, path, body, headers = {} }: EngineRequest): string {
  const text = JSON.stringify(body ?? {});
  const all = {
    Host: "engine",
    Connection: "Upgrade",
    Upgrade: "tcp",
    "Content-Type": "application/json",
    "Content-Length": String(Buffer.byteLength(text)),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  return `${[`${method} ${path} HTTP/1.1`, ...lines].join("\r\n")}\r\n\r\n${text}`;
}

async function readHead(reader: AsyncIterator<Uint8Array>): Promise<{ readonly head: string; readonly rest: Uint8Array }> {
  let seen = Buffer.alloc(0);
  for (;;) {
    const { value, done } = await reader.next();
    if (done) throw new Error("the connection closed before an answer came");
    seen = Buffer.concat([seen, value]);
    const end = seen.indexOf("\r\n\r\n");
    if (end >= 0) return { head: seen.subarray(0, end).toString("latin1"), rest: seen.subarray(end + 4) };
    if (seen.length > MAX_HEAD_BYTES) throw new Error("the head of the answer is too long");
  }
}

/** Up to its declared length, which both engines give. */
async function readRefusal(head: string, first: Uint8Array, reader: AsyncIterator<Uint8Array>): Promise<string> {
  const length = Math.min(Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0), MAX_HEAD_BYTES);
  let body = Buffer.from(first);
  while (body.length < length) {
    const { value, done } = await reader.next();
    if (done) break;
    body = Buffer.concat([body, value]);
  }
  return body.toString("utf8");
}

async function* rawChunks(
  first: Uint8Array,
  reader: AsyncIterator<Uint8Array>,
  limit: CallLimit,
  socket: Socket,
): AsyncGenerator<Uint8Array> {
  try {
    if (first.byteLength > 0) yield first;
    for (;;) {
      const { value, done } = await reader.next();
      if (limit.over !== undefined) throw limit.over;
      if (done) return;
      yield value;
    }
  } catch (thrown) {
    throw limit.over ?? runtimeFailed("run a command", "its connection broke off", thrown);
  } finally {
    limit.release();
    socket.destroy();
  }
}

function writeTo(socket: Socket, data: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    if (socket.destroyed || socket.writableEnded) return reject(runtimeFailed("write to a command", "it takes no input any more"));
    const gone = () => reject(runtimeFailed("write to a command", "it takes no input any more"));
    socket.once("close", gone);
    socket.write(data, (error) => {
      socket.off("close", gone);
      if (error) gone();
      else resolve();
    });
  });
}
