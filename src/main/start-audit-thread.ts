import type { FromChainThread, ToChainThread } from "../control/audit/chain-messages.ts";
import { type ChainThread, type ChainThreadEvents, RemoteChain } from "../control/audit/remote-chain.ts";

/** What the audit thread is told first. */
export interface AuditThreadStart {
  readonly databaseUrl: string;
  /** Whose chain it keeps. */
  readonly writer: string;
}

/** A chain of audit events that a thread with a connection of its own keeps; it is started when the first event comes. */
export function startAuditThread(start: AuditThreadStart): RemoteChain {
  return new RemoteChain((events) => startThread(start, events));
}

function startThread(start: AuditThreadStart, { onMessage, onEnd }: ChainThreadEvents): ChainThread {
  // A small heap: it holds one batch at a time. Each batch is a collection of garbage or two in it; in one of the usual kind
  // a call takes 2 µs less, and the process 5 to 10 MB more.
  const worker = new Worker(new URL("./audit-thread.ts", import.meta.url), { name: "audit", smol: true });
  let reason = "it was stopped";
  worker.onmessage = ({ data }: MessageEvent<FromChainThread>) => onMessage(data);
  worker.onerror = ({ message }) => {
    reason = message;
  };
  worker.addEventListener("close", () => onEnd(reason));
  worker.postMessage(start);
  return {
    post: (message: ToChainThread) => worker.postMessage(message),
    end: () => worker.terminate(),
  };
}
