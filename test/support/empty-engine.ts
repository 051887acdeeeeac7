import { createServer, type Server, type ServerResponse } from "node:http";

/** What a test says to a call, `POST /v1.41/images/create`; false where it has nothing to say. */
export type EngineAnswer = (call: string, response: ServerResponse) => boolean;

/** A container engine on a socket that has no containers and no images: for tests that are about something else. */
export async function startEmptyEngine(path: string, answer: EngineAnswer = () => false): Promise<Server> {
  const server = createServer(({ method = "", url = "" }, response) => {
    const [pathname = ""] = url.split("?");
    if (answer(`${method} ${pathname}`, response)) return;
    if (pathname === "/_ping") response.writeHead(200, { "libpod-api-version": "4.3.1" }).end("OK");
    else if (pathname.endsWith("/containers/json")) response.end("[]");
    else if (pathname.endsWith("/events")) response.flushHeaders();
    else response.writeHead(404).end('{"message":"there is no such thing"}');
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return server;
}
