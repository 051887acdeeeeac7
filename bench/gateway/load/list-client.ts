import { AppError } from "../../../src/core/app-error.ts";
import { createSseParser, type SseParser } from "../../../src/mcp/sse.ts";
import type { Target } from "../targets/target.ts";
import { openSession } from "./open-session.ts";

/** Asks for tools/list and resolves with the text of the answer when all of it is there. */
export type ListTools = (id: number) => Promise<string>;

const listText = (id: number) => JSON.stringify({ jsonrpc: "2.0", id, method: "tools/list" });

/** Over Streamable HTTP. */
export async function streamableLister(target: Target, signal: AbortSignal): Promise<ListTools> {
  const headers = await openSession(target, signal);
  return async (id) => (await fetch(target.url, { method: "POST", headers, body: listText(id), signal })).text();
}

/** Over HTTP+SSE, the transport of 2024-11-05: answers come on a stream, each as one event. */
export async function sseLister(url: string, signal: AbortSignal): Promise<ListTools> {
  const stream = await fetch(url, { headers: { accept: "text/event-stream" }, signal });
  if (stream.body === null || !stream.ok) throw new AppError("unavailable", "BENCH_SESSION_REFUSED", `${url} answered ${stream.status}`);
  const events = new Events(stream.body.getReader(), createSseParser({ maxEventBytes: 64 * 1024 * 1024 }));
  const endpoint = new URL(await events.next(), url);
  const post = (body: string) => fetch(endpoint, { method: "POST", headers: { "content-type": "application/json" }, body, signal });
  const params = { protocolVersion: "2024-11-05", capabilities: {}, clientInfo: { name: "mcpctl-bench", version: "1" } };
  await post(JSON.stringify({ jsonrpc: "2.0", id: 0, method: "initialize", params }));
  await events.next();
  await post('{"jsonrpc":"2.0","method":"notifications/initialized"}');
  return async (id) => {
    await post(listText(id));
    for (;;) {
      const text = await events.next();
      if (text.includes('"tools"')) return text;
    }
  };
}

/** The data of each event of a stream. */
class Events {
  readonly #reader: { read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }> };
  readonly #parser: SseParser;
  readonly #waiting: string[] = [];

  constructor(reader: { read(): Promise<{ done: boolean; value?: Uint8Array | undefined }> }, parser: SseParser) {
    this.#reader = reader;
    this.#parser = parser;
  }

  async next(): Promise<string> {
    while (this.#waiting.length === 0) {
      const { done, value } = await this.#reader.read();
      if (done || value === undefined) throw new AppError("unavailable", "BENCH_SESSION_REFUSED", "the stream of events has ended");
      for (const { data } of this.#parser.push(value)) if (data !== "") this.#waiting.push(data);
    }
    return this.#waiting.shift() ?? "";
  }
}
