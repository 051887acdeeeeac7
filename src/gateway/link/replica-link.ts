/**
 * Something that only the process which holds it can carry out: the answer to a server's question, the retry of a parked
 * call, a cancelation, a message for a stream that answers elsewhere, a request about a task that runs; and the end of a session, which all must know. The sender has authenticated and admitted it; the
 * holder checks again that it is that principal's.
 */
export interface LinkMessage {
  readonly kind: "answer" | "retry" | "cancel" | "posted" | "ended" | "task";
  /** What the holder knows it by: the id of a question, of a parked call, of a task or of a stream, or the hash of a session. */
  readonly target: string;
  /** Who sent it, as `<kind>:<id>`. */
  readonly principalId: string;
  /** The JSON-RPC message of the client, whole; of the end of a session when its id could not be used any more, as an ISO time. What was posted comes with what is known of it. */
  readonly message: string;
}

/** What the holder made of it. */
export interface LinkReply {
  /** False: it does not hold it, or not for this principal. */
  readonly held: boolean;
  /** The JSON-RPC answer of a retry, whole; why what was posted is refused; what is known of a task. */
  readonly answer?: string;
}

/** Answers the messages of other processes. Never rejects. */
export type LinkHandler = (message: LinkMessage) => Promise<LinkReply>;

/**
 * Reaches the process that holds something: another worker of this gateway, or another replica. Ids that a process mints
 * for what it holds start with its own id and a `.`.
 */
export interface ReplicaLink {
  /** The id of this process: 8 letters or digits. */
  readonly self: string;
  /** Delivers to the process of this id. Undefined: it cannot be reached, or did not answer in time. Never throws. */
  send(holder: string, message: LinkMessage): Promise<LinkReply | undefined>;
  /** Tells all other processes, as far as they can be reached. Never throws and never waits. */
  tell(message: LinkMessage): void;
  /** What answers the messages of others, in place of what did before. */
  receive(handle: LinkHandler): void;
  close(): Promise<void>;
}

/** The process that minted this id; undefined for an id of another form. */
export function holderOf(id: string): string | undefined {
  return /^([0-9A-Za-z]{8})\./.exec(id)?.[1];
}

export const NOT_HELD: LinkReply = { held: false };

/** A gateway of one process: nobody else holds anything. */
export function soloLink(self: string): ReplicaLink {
  return { self, send: async () => undefined, tell: () => {}, receive: () => {}, close: async () => {} };
}

/**
 * Several ways to the others under one id, the nearest first: workers on this machine, then replicas elsewhere. Throws
 * nothing; an answer of the first that has one counts.
 */
export function joinedLink(self: string, links: readonly ReplicaLink[]): ReplicaLink {
  return {
    self,
    async send(holder, message) {
      for (const link of links) {
        const reply = await link.send(holder, message);
        if (reply !== undefined) return reply;
      }
      return undefined;
    },
    tell(message) {
      for (const link of links) link.tell(message);
    },
    receive(handle) {
      for (const link of links) link.receive(handle);
    },
    async close() {
      await Promise.all(links.map((link) => link.close()));
    },
  };
}
