import { readdirSync } from "node:fs";
import { join } from "node:path";
import { MAX_LINK_TEXT, parseLinkMessage, parseLinkReply } from "../link-wire.ts";
import { type LinkHandler, type LinkMessage, type LinkReply, NOT_HELD, type ReplicaLink } from "../replica-link.ts";

export interface SocketLinkOptions {
  readonly self: string;
  /** Where every process of this gateway has its socket; nobody else may look into it (0700). */
  readonly folder: string;
  /** How long an answer is waited for, in ms: a retry takes as long as the call does. */
  readonly timeoutMs: number;
}

const SUFFIX = ".sock";
const HOLDER = /^[0-9A-Za-z]{8}$/;

/**
 * The processes of one gateway on one machine, each with a Unix socket in a folder that is theirs alone: that folder's
 * mode is what keeps others out. Throws what binding the socket throws.
 */
export function openSocketLink({ self, folder, timeoutMs }: SocketLinkOptions): ReplicaLink {
  let handle: LinkHandler = async () => NOT_HELD;
  const server = Bun.serve({
    unix: join(folder, self + SUFFIX),
    maxRequestBodySize: 2 * MAX_LINK_TEXT,
    async fetch(request, listener) {
      // A retry is silent for as long as its call is.
      listener.timeout(request, 0);
      const message = parseLinkMessage(await request.text());
      if (message === undefined) return new Response(null, { status: 400 });
      return Response.json(await handle(message));
    },
  });
  const post = (holder: string, message: LinkMessage) => deliver(join(folder, holder + SUFFIX), message, timeoutMs);
  return {
    self,
    send: async (holder, message) => (HOLDER.test(holder) && holder !== self ? post(holder, message) : undefined),
    tell(message) {
      for (const holder of othersIn(folder, self)) void post(holder, message);
    },
    receive(next) {
      handle = next;
    },
    close: () => server.stop(true),
  };
}

function othersIn(folder: string, self: string): string[] {
  try {
    const names = readdirSync(folder).filter((name) => name.endsWith(SUFFIX));
    return names.map((name) => name.slice(0, -SUFFIX.length)).filter((name) => name !== self && HOLDER.test(name));
  } catch {
    return [];
  }
}

async function deliver(unix: string, message: LinkMessage, timeoutMs: number): Promise<LinkReply | undefined> {
  try {
    const body = JSON.stringify(message);
    const response = await fetch("http://link/", { unix, method: "POST", body, signal: AbortSignal.timeout(timeoutMs) });
    const text = await response.text();
    return response.ok ? parseLinkReply(text) : undefined;
  } catch {
    // It has ended, or does not answer.
    return undefined;
  }
}
