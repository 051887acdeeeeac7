import type { AppError } from "../../core/app-error.ts";
import { requestCanceled } from "./bridge-errors.ts";
import { failureText } from "./failure-text.ts";
import type { Exchange, InFlight } from "./in-flight.ts";
import { parseServerMessages, withId } from "./server-message.ts";

export const LISTEN = "subscriptions/listen";

export interface ClientEndOptions {
  readonly inFlight: InFlight;
  /** Resolves when the client has room for more; rejects when it is gone. */
  readonly write: (line: string) => Promise<void>;
  readonly log: (line: string) => void;
  readonly onGone: () => void;
}

/** The client's side of the bridge: JSON-RPC goes out there and nothing else, and each request is answered once. */
export class ClientEnd {
  readonly #options: ClientEndOptions;
  #gone = false;
  #reached = false;

  constructor(options: ClientEndOptions) {
    this.#options = options;
  }

  /** The server has said something that is MCP. */
  get reached(): boolean {
    return this.#reached;
  }

  /** Writes a line. Never rejects: for a client that is gone nothing is written any more. */
  async write(line: string): Promise<void> {
    if (this.#gone) return;
    try {
      await this.#options.write(line);
    } catch {
      this.#gone = true;
      this.#options.onGone();
    }
  }

  /** Passes on what the server says. An answer goes to the request that it names, whatever it came with. Never rejects. */
  async deliver(text: string, exchange?: Exchange): Promise<void> {
    const messages = parseServerMessages(text);
    if (messages === undefined) {
      this.#options.log("the server sent what is no JSON-RPC message; it was left out");
      return;
    }
    this.#reached = true;
    for (const { kind, line, key, value } of messages) {
      if (kind === "answer") await this.#answer(line, key, exchange, "result" in value);
      else {
        if (exchange !== undefined) exchange.heard = true;
        await this.write(line);
      }
    }
  }

  /** Answers what still waits with an error. */
  async fail(exchange: Exchange, error: AppError): Promise<void> {
    for (const [key, idText] of [...exchange.waiting]) {
      this.#options.inFlight.settle(key);
      await this.write(failureText(idText, error));
      if (exchange.method === LISTEN && exchange.heard) await this.write(subscriptionOver(idText));
    }
  }

  async #answer(line: string, key: string | undefined, exchange: Exchange | undefined, isResult: boolean): Promise<void> {
    const { inFlight } = this.#options;
    // An error without an id is the answer to whatever it came for.
    const wanted = key ?? exchange?.waiting.keys().next().value;
    const owner = wanted === undefined ? undefined : inFlight.get(wanted);
    const idText = wanted === undefined ? undefined : inFlight.settle(wanted);
    // Nobody waits: it was canceled, or never asked.
    if (owner === undefined || idText === undefined) return;
    await this.write(key === undefined ? withId(line, idText) : line);
    if (owner.method === LISTEN && (isResult || owner.heard)) await this.write(subscriptionOver(idText));
    if (owner !== exchange && owner.done) owner.abort(requestCanceled());
  }
}

/** On a pipe a server says that it has ended a subscription (2026-07-28, Cancellation); over HTTP the end of the stream says it. */
function subscriptionOver(idText: string): string {
  return `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":${idText},"reason":"the subscription is over"}}`;
}
