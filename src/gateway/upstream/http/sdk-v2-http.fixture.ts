import { createMcpHandler } from "@modelcontextprotocol/server";
import { sdkV2Server } from "../sdk-v2-server.fixture.ts";

export interface SentRequest {
  readonly headers: Headers;
  readonly message: Readonly<Record<string, unknown>>;
}

export interface SdkV2Http extends Disposable {
  readonly url: string;
  readonly handler: ReturnType<typeof createMcpHandler>;
  readonly sent: readonly SentRequest[];
  /** Those of one method. */
  of(method: string): SentRequest[];
  /** Requests whose connection was closed before their answer. */
  readonly aborted: string[];
}

/** A server made with the SDK of both eras at a URL; `legacy: "reject"` makes it a modern one alone. */
export function startSdkV2Http({ legacy = "reject" as "reject" | "stateless", port = 0 } = {}): SdkV2Http {
  const handler = createMcpHandler(() => sdkV2Server(), { legacy });
  const sent: SentRequest[] = [];
  const aborted: string[] = [];
  const listening = Bun.serve({
    hostname: "127.0.0.1",
    port,
    idleTimeout: 0,
    async fetch(request) {
      const message = request.method === "POST" ? ((await request.clone().json()) as Record<string, unknown>) : {};
      sent.push({ headers: request.headers, message });
      request.signal.addEventListener("abort", () => aborted.push(String(message.method)));
      return handler.fetch(request);
    },
  });
  return {
    url: `http://127.0.0.1:${listening.port}/mcp`,
    handler,
    sent,
    aborted,
    of: (method) => sent.filter(({ message }) => message.method === method),
    [Symbol.dispose]: () => void listening.stop(true),
  };
}
