import type { FetchLike } from "../../../mcp/client/fetch-like.ts";
import { McpHttpSession } from "../../../mcp/client/mcp-http-session.ts";
import type { Subject } from "../subject.ts";

/** A tool may answer with megabytes; a word of somebody else stands early or not at all. */
const MAX_KEPT = 1024 * 1024;

/** A client of the server, and all text that came back to it, headers too. */
export interface RecordedClient {
  readonly session: McpHttpSession;
  received(): string;
}

export function recordedClient(
  fetchLike: FetchLike,
  { url, token, timeoutMs }: Pick<Subject, "url" | "token" | "timeoutMs">,
): RecordedClient {
  let kept = "";
  const keep = (text: string) => {
    if (kept.length < MAX_KEPT) kept += text;
  };
  const recording: FetchLike = async (input, init) => {
    const response = await fetchLike(input, init);
    for (const [name, value] of response.headers) keep(`${name}: ${value}\n`);
    return new Response(response.body?.pipeThrough(tap(keep)) ?? null, { status: response.status, headers: response.headers });
  };
  const session = new McpHttpSession(url, { timeoutMs, fetch: recording, ...(token === undefined ? {} : { bearer: token }) });
  return { session, received: () => kept };
}

function tap(keep: (text: string) => void): TransformStream<Uint8Array, Uint8Array> {
  const decoder = new TextDecoder();
  return new TransformStream({
    transform(chunk, controller) {
      keep(decoder.decode(chunk, { stream: true }));
      controller.enqueue(chunk);
    },
  });
}

/** What went wrong, as it is told. */
export function failureText(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message;
  return String(thrown);
}
