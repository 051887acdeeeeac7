import type { HttpSocket } from "./http-connection.ts";
import { HttpConnection } from "./http-connection.ts";
import type { HttpHandler, HttpHost } from "./http-host.ts";
import { HTTP_SERVER_LIMITS } from "./http-listener.ts";
import type { HttpRequest } from "./http-request.ts";
import { PlainAnswer } from "./plain-answer.ts";

/** A socket in memory that takes as many bytes as it is told to. */
export class FakeSocket implements HttpSocket {
  readonly remoteAddress = "127.0.0.9";
  text = "";
  /** Bytes that it takes before it says that it is full. */
  room = Number.POSITIVE_INFINITY;
  /** Its client has gone, and it has not said so yet. */
  isGone = false;
  isPaused = false;
  state: "open" | "ended" | "terminated" = "open";

  write(data: string | Uint8Array): number {
    if (this.isGone) return -1;
    const bytes = typeof data === "string" ? Buffer.from(data) : data;
    const taken = Math.min(this.room, bytes.byteLength);
    this.room -= taken;
    this.text += Buffer.from(bytes.subarray(0, taken)).toString("latin1");
    return taken;
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  end(): void {
    if (this.state === "open") this.state = "ended";
  }

  terminate(): void {
    if (this.state === "open") this.state = "terminated";
  }

  get statuses(): number[] {
    return [...this.text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
  }
}

/** One connection over a socket in memory, on a clock that the test moves. */
export function fakeConnection(handler: HttpHandler = echo, limits: Partial<HttpHost["limits"]> = {}) {
  const failures: unknown[] = [];
  const host = {
    limits: { ...HTTP_SERVER_LIMITS, ...limits },
    handler,
    seconds: 0,
    date: "Thu, 01 Jan 2026 00:00:00 GMT",
    stopping: false,
    pending: 0,
    closed: 0,
    onBegin() {
      host.pending += 1;
    },
    onFinish() {
      host.pending -= 1;
    },
    onFailure: (thrown: unknown) => void failures.push(thrown),
  };
  const socket = new FakeSocket();
  const connection = new HttpConnection(host, socket, () => {
    host.closed += 1;
  });
  const say = (text: string) => connection.onData(Buffer.from(text, "latin1"));
  const wait = (seconds: number) => {
    host.seconds += seconds;
    connection.onTick();
  };
  return { host, socket, connection, failures, say, wait };
}

/** Answers with what it was asked. */
export async function echo(request: HttpRequest): Promise<PlainAnswer> {
  const parts: Uint8Array[] = [];
  if (request.headers.get("content-length") === null) for await (const part of request.body ?? []) parts.push(part);
  const text = parts.length > 0 ? Buffer.concat(parts).toString() : await request.text();
  return new PlainAnswer(`${request.method} ${request.target} ${text}`, 200, { "content-type": "text/plain" });
}

/** Resolves when all that is due now has been done. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}
