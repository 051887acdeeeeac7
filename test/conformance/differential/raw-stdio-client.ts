import { createLineSplitter } from "../../../src/mcp/line-splitter.ts";
import { modernParams } from "./modern-params.ts";
import { INITIALIZE, INITIALIZED, type RawClient, type RawReply, ReplyCollector, requestText } from "./raw-client.ts";

const MAX_LINE_BYTES = 64 * 1024 * 1024;

export interface StdioCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** A child process that speaks on its standard streams, asked one thing at a time. */
export class RawStdioClient implements RawClient {
  readonly #child: Bun.Subprocess<"pipe", "pipe", "ignore">;
  readonly #messages: AsyncIterator<string>;
  readonly #isModern: boolean;
  #nextId = 1;

  private constructor({ command, args, env }: StdioCommand, isModern: boolean) {
    this.#isModern = isModern;
    this.#child = Bun.spawn([command, ...args], {
      env: { ...process.env, ...env },
      stdin: "pipe",
      stdout: "pipe",
      stderr: "ignore",
    });
    this.#messages = linesOf(this.#child.stdout);
  }

  /** Speaks revision 2026-07-28, which needs no handshake. */
  static async openModern(command: StdioCommand): Promise<RawStdioClient> {
    return new RawStdioClient(command, true);
  }

  static async open(command: StdioCommand): Promise<RawStdioClient> {
    const client = new RawStdioClient(command, false);
    await client.ask("initialize", INITIALIZE, '"open"');
    client.#say(INITIALIZED);
    return client;
  }

  async ask(method: string, paramsText: string, idText: string = String(this.#nextId++)): Promise<RawReply> {
    this.#say(requestText(idText, method, this.#isModern ? modernParams(paramsText) : paramsText));
    const collector = new ReplyCollector(idText);
    for (let next = await this.#messages.next(); next.done !== true; next = await this.#messages.next()) {
      const reply = collector.take(next.value);
      if (reply !== undefined) return reply;
    }
    throw new Error(`The server ended before it answered ${method}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.exited;
  }

  #say(line: string): void {
    this.#child.stdin.write(`${line}\n`);
    this.#child.stdin.flush();
  }
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const splitter = createLineSplitter(MAX_LINE_BYTES);
  for await (const chunk of stream) yield* splitter.push(chunk);
}
