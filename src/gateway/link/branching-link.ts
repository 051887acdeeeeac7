import { type LinkHandler, NOT_HELD, type ReplicaLink } from "./replica-link.ts";

/** One way to other processes that several gateways of this process share. */
export interface BranchingLink {
  /** A way for one gateway: what it receives is what no other one holds. `close` ends this one alone. */
  branch(): ReplicaLink;
}

export function branchingLink(link: ReplicaLink): BranchingLink {
  const handlers = new Set<LinkHandler>();
  link.receive(async (message) => {
    // That a session is over concerns them all.
    if (message.kind === "ended") await Promise.all([...handlers].map((handle) => handle(message)));
    else
      for (const handle of handlers) {
        const reply = await handle(message);
        if (reply.held) return reply;
      }
    return NOT_HELD;
  });
  return { branch: () => branchOf(link, handlers) };
}

function branchOf(link: ReplicaLink, handlers: Set<LinkHandler>): ReplicaLink {
  let own: LinkHandler | undefined;
  const drop = () => own !== undefined && handlers.delete(own);
  return {
    self: link.self,
    send: (holder, message) => link.send(holder, message),
    tell: (message) => link.tell(message),
    receive(handle) {
      drop();
      own = handle;
      handlers.add(handle);
    },
    close: async () => void drop(),
  };
}
