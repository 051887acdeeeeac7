import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface HeaderShim {
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * A proxy on loopback that adds headers to each request, for clients that cannot. It streams both ways and changes nothing
 * else: Host and Origin arrive as the client sent them, so it is the server behind that judges them.
 */
export async function startHeaderShim(target: string, headers: Readonly<Record<string, string>>): Promise<HeaderShim> {
  const { hostname, port } = new URL(target);
  const added = Object.entries(headers).flat();
  const server = createServer((incoming, reply) => forward({ hostname, port, added }, incoming, reply));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

interface Target {
  readonly hostname: string;
  readonly port: string;
  readonly added: readonly string[];
}

function forward({ hostname, port, added }: Target, incoming: IncomingMessage, reply: ServerResponse): void {
  const { method, url, rawHeaders } = incoming;
  const outgoing = request({ hostname, port, path: url, method, headers: [...rawHeaders, ...added], agent: false }, (answer) => {
    reply.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
    reply.flushHeaders();
    answer.pipe(reply);
  });
  outgoing.on("error", () => reply.destroy());
  // A client that leaves takes its request with it: that is what the server behind is to see.
  reply.on("close", () => outgoing.destroy());
  incoming.pipe(outgoing);
}
