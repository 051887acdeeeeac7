/** For tests: an engine's socket that answers each request with bytes, or with nothing. */
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface RawEngine {
  readonly socketPath: string;
  /** The request lines so far. */
  readonly requests: readonly string[];
  readonly connections: () => number;
  /** Closes every connection; new ones are taken. */
  cut(): void;
  close(): Promise<void>;
}

/** `answer` gets the head of each request and may write to the socket whenever it likes. */
export async function openRawEngine(answer: (head: string, socket: Socket) => void): Promise<RawEngine> {
  const folder = await mkdtemp(join(tmpdir(), "mcpctl-engine-"));
  const socketPath = join(folder, "s");
  const sockets = new Set<Socket>();
  const requests: string[] = [];
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {});
    socket.on("data", (data) => {
      const head = data.toString("latin1");
      if (!/^(GET|POST|DELETE) /.test(head)) return;
      requests.push(head.split("\r\n")[0] ?? "");
      answer(head, socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    socketPath,
    requests,
    connections: () => sockets.size,
    cut,
    close: async () => {
      cut();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export function reply(status: number, body: string, headers = ""): string {
  return `HTTP/1.1 ${status} X\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${headers}\r\n${body}`;
}
