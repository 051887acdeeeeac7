/**
 * Something that only the process which holds it can carry out: the answer to a server's question, the retry of a parked
 * call, a cancelation. The sender has authenticated and admitted it; the holder checks again that it is that principal's.
 */
export interface LinkMessage {
  readonly kind: "answer" | "retry" | "cancel";
  /** What the holder knows it by: the id of a question, of a parked call, or the hash of a session. */
  readonly target: string;
  /** Who sent it, as `<kind>:<id>`. */
  readonly principalId: string;
  /** The JSON-RPC message of the client, whole. */
  readonly message: string;
}

/** What the holder made of it. */
export interface LinkReply {
  /** False: it does not hold it, or not for this principal. */
  readonly held: boolean;
  /** The JSON-RPC answer of a retry, whole. */
  readonly answer?: string;
}

/**
 * Reaches the process that holds something: another worker of this gateway, or another replica. Ids that a process mints
 * for what it holds start with its own id and a `.`.
 */
export interface ReplicaLink {
  /** The id of this process: 8 letters or digits. */
  readonly self: string;
  /** Delivers to the process of this id. Undefined: it cannot be reached. Never throws; bounded in time. */
  send(holder: string, message: LinkMessage): Promise<LinkReply | undefined>;
  /** What answers the messages of others. Called once. */
  receive(handle: (message: LinkMessage) => Promise<LinkReply>): void;
  close(): Promise<void>;
}

/** The process that minted this id; undefined for an id of another form. */
export function holderOf(id: string): string | undefined {
  return /^([0-9A-Za-z]{8})\./.exec(id)?.[1];
}

/** A gateway of one process: nobody else holds anything. */
export function soloLink(self: string): ReplicaLink {
  return { self, send: async () => undefined, receive: () => {}, close: async () => {} };
}
