import { type Asked, errorOfRefusal } from "../engine-error.ts";
import type { LogChunk } from "../runtime.ts";
import { DEADLINES, type EngineReply, type EngineRequest } from "./engine-request.ts";
import { refusalOf } from "./refusal-of.ts";
import { SocketClient, type SocketClientOptions } from "./socket-client.ts";
import { stdcopyFrames } from "./stdcopy-frames.ts";

export interface CallOptions {
  readonly asked: Asked;
  readonly body?: unknown;
  /** A read has 5 s and a write 30 s where nothing is said. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Calls to one version of an engine's API: what it refuses becomes an error of this port. */
export class EngineCalls {
  readonly client: SocketClient;
  /** `/v4.0.0/libpod` or `/v1.41`. */
  readonly base: string;

  constructor(socketPath: string, base: string, options: SocketClientOptions = {}) {
    this.client = new SocketClient(socketPath, options);
    this.base = base;
  }

  /** Throws unless the status is one of `ok`. */
  async send(
    method: EngineRequest["method"],
    path: string,
    options: CallOptions & { readonly ok: readonly number[] },
  ): Promise<EngineReply> {
    const reply = await this.ask(method, path, options);
    if (!options.ok.includes(reply.status)) throw errorOfRefusal(options.asked, refusalOf(reply.text));
    return reply;
  }

  /** Whatever the status is. */
  ask(method: EngineRequest["method"], path: string, { asked, ...options }: CallOptions): Promise<EngineReply> {
    const timeoutMs = method === "GET" ? DEADLINES.readMs : DEADLINES.writeMs;
    return this.client.call({ method, path: `${this.base}${path}`, what: asked.what, timeoutMs, ...options });
  }

  /**
   * A stream of bytes that ends with the signal, in silence. Without `timeoutMs` its headers may take as long as they like: both
   * engines may send them with the first line only.
   */
  async *stream(
    path: string,
    options: { readonly asked: Asked; readonly signal: AbortSignal; readonly timeoutMs?: number },
  ): AsyncGenerator<Uint8Array> {
    const { asked, signal, timeoutMs } = options;
    try {
      const stream = await this.client.open({ method: "GET", path: `${this.base}${path}`, what: asked.what, timeoutMs, signal });
      if (stream.status !== 200) throw errorOfRefusal(asked, refusalOf(Buffer.concat(await Array.fromAsync(stream.chunks)).toString()));
      yield* stream.chunks;
    } catch (thrown) {
      if (!signal.aborted) throw thrown;
    }
  }

  /** A container's log, from a path with its query. */
  async *log(
    path: string,
    name: string,
    { follow, signal }: { readonly follow: boolean; readonly signal: AbortSignal },
  ): AsyncGenerator<LogChunk> {
    const asked = { what: `read the log of ${name}`, container: name };
    const bytes = this.stream(path, { asked, signal, ...(follow ? {} : { timeoutMs: DEADLINES.readMs }) });
    try {
      yield* stdcopyFrames(bytes);
    } catch (thrown) {
      if (!signal.aborted) throw thrown;
    }
  }

  close(): void {
    this.client.close();
  }
}
