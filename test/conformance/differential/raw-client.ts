/** A client that takes every message as the text it is, and sends params as the text they are given as. */
export interface RawClient extends AsyncDisposable {
  /** The text of the message that answers, and of those that were said of the request before it. Over HTTP these headers go along. */
  ask(method: string, paramsText: string, idText?: string, headers?: Readonly<Record<string, string>>): Promise<RawReply>;
}

export interface RawReply {
  readonly answer: string;
  /** Progress and log messages. */
  readonly said: readonly string[];
  /** Of HTTP. */
  readonly status?: number;
}

export const INITIALIZE = JSON.stringify({
  protocolVersion: "2025-11-25",
  capabilities: {},
  clientInfo: { name: "mcpctl-differential", version: "1" },
});

/** The text of a request; ids are given in turn, the same to each server. */
export function requestText(idText: string, method: string, paramsText: string): string {
  return `{"jsonrpc":"2.0","id":${idText},"method":${JSON.stringify(method)},"params":${paramsText}}`;
}

export const INITIALIZED = '{"jsonrpc":"2.0","method":"notifications/initialized"}';

const SAID: ReadonlySet<unknown> = new Set(["notifications/progress", "notifications/message"]);

/** What comes until the answer to this id, which is compared as JSON.parse reads it: nobody may write it anew. */
export class ReplyCollector {
  readonly #idText: string;
  readonly #said: string[] = [];

  constructor(idText: string) {
    this.#idText = idText;
  }

  /** Takes the next message; the reply, when it is complete with it. */
  take(text: string): RawReply | undefined {
    const message = JSON.parse(text) as { readonly id?: unknown; readonly method?: unknown };
    if (SAID.has(message.method)) this.#said.push(text);
    if (message.method !== undefined || message.id !== JSON.parse(this.#idText)) return undefined;
    return { answer: text, said: this.#said };
  }
}
