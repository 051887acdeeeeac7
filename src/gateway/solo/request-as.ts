import type { IncomingHeaders, IncomingRequest } from "../incoming-request.ts";

/** The same request, by who has this credential: whatever Authorization it came with is gone. */
export class RequestAs implements IncomingRequest {
  readonly headers: IncomingHeaders;
  readonly #request: IncomingRequest;

  constructor(request: IncomingRequest, credential: string) {
    this.#request = request;
    this.headers = new HeadersWith(request.headers, `Bearer ${credential}`);
  }

  get method(): string {
    return this.#request.method;
  }

  get url(): string {
    return this.#request.url;
  }

  get body(): AsyncIterable<Uint8Array> | null {
    return this.#request.body;
  }

  get signal(): AbortSignal {
    return this.#request.signal;
  }

  text(): Promise<string> {
    return this.#request.text();
  }
}

class HeadersWith implements IncomingHeaders {
  readonly #headers: IncomingHeaders;
  readonly #authorization: string;

  constructor(headers: IncomingHeaders, authorization: string) {
    this.#headers = headers;
    this.#authorization = authorization;
  }

  get(name: string): string | null {
    if (name === "authorization") return this.#authorization;
    return name === "cookie" ? null : this.#headers.get(name);
  }

  has(name: string): boolean {
    return this.get(name) !== null;
  }

  forEach(take: (value: string, name: string) => void): void {
    for (const [name, value] of this) take(value, name);
  }

  *[Symbol.iterator](): Iterator<[string, string]> {
    for (const [name, value] of this.#headers) if (name !== "authorization" && name !== "cookie") yield [name, value];
    yield ["authorization", this.#authorization];
  }
}
