import type { RequestHead } from "../http1/request-head.ts";
import type { IncomingHeaders, IncomingRequest } from "../incoming-request.ts";
import type { RequestBody } from "./request-body.ts";

/** The headers of a request, by lower-case name. */
export class RequestHeaders implements IncomingHeaders {
  readonly #fields: ReadonlyMap<string, string>;
  readonly #contentLength: string | undefined;

  /** `contentLength` goes before what the fields say: they may be those of an earlier request that was the same but for it. */
  constructor(fields: ReadonlyMap<string, string>, contentLength: string | undefined) {
    this.#fields = fields;
    this.#contentLength = contentLength;
  }

  get(name: string): string | null {
    return (name === "content-length" ? this.#contentLength : this.#fields.get(name)) ?? null;
  }

  has(name: string): boolean {
    return this.#fields.has(name);
  }

  forEach(take: (value: string, name: string) => void): void {
    for (const [name, value] of this) take(value, name);
  }

  *[Symbol.iterator](): Iterator<[string, string]> {
    for (const name of this.#fields.keys()) yield [name, this.get(name) ?? ""];
  }
}

/** A request as it came over a socket: what the gateway uses of the web's `Request`, and nothing is made that nobody asks for. */
export class HttpRequest implements IncomingRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly path: string;
  readonly headers: RequestHeaders;
  readonly head: RequestHead;
  readonly #body: RequestBody | string | undefined;
  #left: AbortController | undefined;
  #hasLeft = false;

  /** `body` is text where it came whole with its head. */
  constructor(head: RequestHead, contentLength: string | undefined, body: RequestBody | string | undefined) {
    this.head = head;
    this.method = head.method;
    this.target = head.target;
    this.path = head.path;
    this.headers = new RequestHeaders(head.fields, contentLength);
    this.#body = body;
  }

  get url(): string {
    return `http://${this.headers.get("host") ?? "localhost"}${this.target}`;
  }

  /** Its pieces as they come; null where it has none, or is all there. */
  get body(): AsyncIterable<Uint8Array> | null {
    return typeof this.#body === "object" ? this.#body : null;
  }

  /** Made when it is first asked for: few requests take long enough. */
  get signal(): AbortSignal {
    this.#left ??= new AbortController();
    if (this.#hasLeft) this.#left.abort();
    return this.#left.signal;
  }

  get textNow(): string | undefined {
    return typeof this.#body === "object" ? undefined : (this.#body ?? "");
  }

  /** All of it as UTF-8. Throws `canceled`/`REQUEST_ABORTED`. */
  text(): Promise<string> {
    return typeof this.#body === "object" ? this.#body.text() : Promise.resolve(this.#body ?? "");
  }

  /** The client has gone before it was answered. */
  leave(): void {
    this.#hasLeft = true;
    this.#left?.abort();
  }
}
