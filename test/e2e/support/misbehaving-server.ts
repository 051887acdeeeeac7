import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { METHODS, type Request } from "./well-behaved-answer.ts";

/** What a server at a URL does wrong; `none` while it behaves. */
export type Misdeed =
  | "none"
  /** Takes the request and says nothing. */
  | "hung"
  /** Sends its reply a byte a second. */
  | "slow"
  /** Sends notifications without end, and never the answer. */
  | "flooding"
  /** Sends headers without end. */
  | "endless-headers"
  /** Says that its body is longer, or shorter, than it is. */
  | "lying"
  /** Sends what is no JSON. */
  | "broken"
  /** Closes the connection in the middle of the body. */
  | "closing";

const SLOW_MS = 1000;
const FLOOD_EVERY_MS = 1;
const FLOOD_BYTES = 16 * 1024;

const NOTICE = '{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"flood"}}';
const FLOODS = {
  flooding: `data: ${NOTICE}\n\n`,
  "endless-headers": `x-flood: ${"y".repeat(100)}\r\n`,
} as const;

/** An MCP server on raw sockets that behaves until it is told what to do wrong; then it does so on every connection. */
export class MisbehavingServer {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  misdeed: Misdeed = "none";
  #requests = 0;

  private constructor(server: Server) {
    this.#server = server;
    server.on("connection", (socket) => this.#serve(socket));
  }

  static async start(misdeed: Misdeed = "none"): Promise<MisbehavingServer> {
    const server = new MisbehavingServer(createServer());
    server.misdeed = misdeed;
    server.#server.listen(0, "127.0.0.1");
    await once(server.#server, "listening");
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/mcp`;
  }

  /** How many requests have come. */
  get requests(): number {
    return this.#requests;
  }

  /** Connections that are open now. */
  get connections(): number {
    return this.#sockets.size;
  }

  /** Nobody answers at its port any more. */
  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => this.#sockets.delete(socket));
    let heard = "";
    socket.setEncoding("latin1");
    socket.on("data", (text: string) => {
      heard += text;
      for (let request = cutRequest(heard); request !== undefined; request = cutRequest(heard)) {
        heard = request.rest;
        this.#requests += 1;
        if (this.misdeed === "none") behave(socket, request);
        else misbehave(socket, request, this.misdeed, this.#requests);
      }
    });
  }
}

interface HttpRequest {
  readonly isPost: boolean;
  readonly body: string;
  readonly rest: string;
}

function cutRequest(heard: string): HttpRequest | undefined {
  const end = heard.indexOf("\r\n\r\n");
  if (end === -1) return undefined;
  const length = Number(/^content-length: *(\d+)/im.exec(heard.slice(0, end))?.[1] ?? 0);
  const bodyEnd = end + 4 + length;
  if (heard.length < bodyEnd) return undefined;
  return { isPost: heard.startsWith("POST "), body: heard.slice(end + 4, bodyEnd), rest: heard.slice(bodyEnd) };
}

function behave(socket: Socket, { isPost, body }: HttpRequest): void {
  if (!isPost) return void socket.write("HTTP/1.1 405 Method Not Allowed\r\ncontent-length: 0\r\n\r\n");
  const answer = answerTo(body);
  if (answer === undefined) return void socket.write("HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n");
  socket.write(`${head("application/json")}content-length: ${Buffer.byteLength(answer)}\r\n\r\n${answer}`);
}

function answerTo(body: string): string | undefined {
  const { id, method, params } = JSON.parse(body) as Request;
  if (id === undefined) return undefined;
  return JSON.stringify({ jsonrpc: "2.0", id, result: METHODS[method]?.(params) ?? {} });
}

function head(type: string): string {
  return `HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\n`;
}

function misbehave(socket: Socket, request: HttpRequest, misdeed: Exclude<Misdeed, "none">, count: number): void {
  const answer = (request.isPost ? answerTo(request.body) : undefined) ?? "{}";
  const json = head("application/json");
  switch (misdeed) {
    case "hung":
      break;
    case "slow":
      dribble(socket, `${json}content-length: ${answer.length}\r\n\r\n${answer}`);
      break;
    case "flooding":
      flood(socket, `${head("text/event-stream")}\r\n`, FLOODS.flooding);
      break;
    case "endless-headers":
      flood(socket, json, FLOODS["endless-headers"]);
      break;
    case "lying":
      socket.write(`${json}content-length: ${count % 2 === 0 ? 5 : 1_000_000}\r\n\r\n${answer}`);
      break;
    case "broken":
      socket.write(`${json}content-length: 30\r\n\r\n{"jsonrpc":"2.0","id":1,"resul`);
      break;
    case "closing":
      socket.write(`${json}content-length: ${answer.length}\r\n\r\n${answer.slice(0, answer.length / 2)}`);
      socket.end();
  }
}

function dribble(socket: Socket, text: string): void {
  let sent = 0;
  const timer = setInterval(() => {
    socket.write(text[sent] ?? "");
    sent += 1;
    if (sent >= text.length) clearInterval(timer);
  }, SLOW_MS);
  socket.on("close", () => clearInterval(timer));
}

/** Sends 16 MB a second for as long as the other side takes it. */
function flood(socket: Socket, first: string, again: string): void {
  const much = again.repeat(Math.ceil(FLOOD_BYTES / again.length));
  socket.write(first);
  const timer = setInterval(() => {
    if (!socket.writableNeedDrain) socket.write(much);
  }, FLOOD_EVERY_MS);
  socket.on("close", () => clearInterval(timer));
}
