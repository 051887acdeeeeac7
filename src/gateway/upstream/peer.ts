/**
 * The client behind a call, as a server that keeps a session for each client sees it: a session of a legacy client, or
 * one of those that the gateway keeps for a modern one. Upstreams key by its identity what they hold for it.
 */
export interface Peer {
  /** Whose it is, as `<kind>:<id>`, so that nobody takes the room of all others; a server never hears of it. */
  readonly principalId: string;
  /** Who the client says it is, in the form of `initialize`; never evidence of anything. */
  readonly clientInfo: Readonly<Record<string, unknown>> | undefined;
  /** What the client offers in the form of `initialize`: sampling, elicitation, roots. Empty: it cannot be asked anything. */
  readonly capabilities: Readonly<Record<string, unknown>>;
  /** The least level of log messages that the client wants, where it has said so. A server hears of it with the next call. */
  readonly logLevel?: string | undefined;
  /** The client reads a stream outside of calls, so that a server's own stream is worth reading for it. */
  readonly listens: boolean;
  /** Hears when `listens` becomes true or false. Returns what takes it back. */
  onListening(listener: (listens: boolean) => void): () => void;
  /** Registers what must be let go with this peer. Returns what takes it back. */
  onClose(release: () => void): () => void;
}
