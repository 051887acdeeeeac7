/** The headers of a request. Names are given in lower case, and told so. */
export interface IncomingHeaders extends Iterable<[string, string]> {
  get(name: string): string | null;
  has(name: string): boolean;
  forEach(take: (value: string, name: string) => void): void;
}

/** What the gateway needs of a request: the web's `Request` is one, and so is what comes over the gateway's own sockets. */
export interface IncomingRequest {
  readonly method: string;
  /** Absolute. */
  readonly url: string;
  readonly headers: IncomingHeaders;
  /** Its pieces as they come; null where it has none. */
  readonly body: AsyncIterable<Uint8Array> | null;
  /** Aborted when the client has gone before it was answered. */
  readonly signal: AbortSignal;
  text(): Promise<string>;
  /** All of the body where it is there already, as that of a small request is when its head is. */
  readonly textNow?: string | undefined;
  /** The same object for requests whose method, path and headers are the same, but for Content-Length. */
  readonly head?: object;
}
