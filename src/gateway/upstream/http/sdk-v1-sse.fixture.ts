import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { SSEServerTransport } from "@modelcontextprotocol/sdk/server/sse.js";
import { type SdkV1Server, sdkV1Server } from "../sdk-v1-server.fixture.ts";

export interface SdkV1Sse extends Disposable {
  readonly url: URL;
  /** By session id, those whose streams were opened. */
  readonly sessions: Map<string, { readonly transport: SSEServerTransport; readonly made: SdkV1Server }>;
  /** Streams that are open now. */
  readonly open: number;
}

/** Servers of the SDK with the HTTP+SSE transport at a URL, one for each stream, as the SDK's examples do it. */
export async function startSdkV1Sse(): Promise<SdkV1Sse> {
  const sessions: SdkV1Sse["sessions"] = new Map();
  let open = 0;
  const http = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://sdk");
    const known = sessions.get(url.searchParams.get("sessionId") ?? "");
    if (request.method === "POST") {
      if (known === undefined) response.writeHead(404).end();
      else void known.transport.handlePostMessage(request, response);
      return;
    }
    open += 1;
    response.on("close", () => {
      open -= 1;
    });
    const transport = new SSEServerTransport("/messages", response);
    const made = sdkV1Server();
    sessions.set(transport.sessionId, { transport, made });
    void made.server.connect(transport);
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  return {
    url: new URL(`http://127.0.0.1:${(http.address() as AddressInfo).port}/sse`),
    sessions,
    get open() {
      return open;
    },
    [Symbol.dispose]() {
      http.closeAllConnections();
      http.close();
    },
  };
}
