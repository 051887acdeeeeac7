import type { BackoffPolicy } from "../../../core/backoff.ts";
import type { ChildLog } from "../../server-log/child-log.ts";
import { keepConnected } from "../keep-connected.ts";
import type { Upstream, UpstreamEvents } from "../upstream.ts";
import { NO_SUBSCRIPTIONS } from "../upstream-errors.ts";
import { type StdioCommand, startStdioChild } from "./stdio-child.ts";
import { connectStdio } from "./stdio-connection.ts";

export interface StdioUpstreamOptions {
  readonly handle: string;
  readonly command: StdioCommand;
  readonly events: UpstreamEvents;
  readonly signalGroup: (pid: number, signal: "SIGTERM" | "SIGKILL") => void;
  readonly onLost: (reason: string) => void;
  /** The process is started again. */
  readonly onRestart?: () => void;
  /** Takes what its processes say on standard error. */
  readonly log: ChildLog;
  readonly limits: StdioLimits;
}

export interface StdioLimits {
  readonly initializeTimeoutMs: number;
  /** Longest message a process may send. */
  readonly maxLineBytes: number;
  readonly maxInFlight: number;
  readonly restart: BackoffPolicy;
  readonly stableAfterMs: number;
}

export const STDIO_LIMITS: StdioLimits = {
  // A command such as npx may first have to install what it runs.
  initializeTimeoutMs: 60_000,
  maxLineBytes: 64 * 1024 * 1024,
  maxInFlight: 1024,
  restart: { firstMs: 500, maxMs: 30_000 },
  stableAfterMs: 30_000,
};

/** A server that is a process of ours: one, shared by all callers, started anew when it ends. */
export function stdioUpstream(options: StdioUpstreamOptions): Upstream {
  const { handle, command, events, signalGroup, log, limits } = options;
  let lives = 0;
  const keeper = keepConnected({
    handle,
    backoff: limits.restart,
    stableAfterMs: limits.stableAfterMs,
    connect: (signal) =>
      connectStdio(
        {
          handle,
          events,
          initializeTimeoutMs: limits.initializeTimeoutMs,
          maxInFlight: limits.maxInFlight,
          start: (onLine) => {
            lives += 1;
            if (lives > 1) options.onRestart?.();
            return startStdioChild({ command, signalGroup, onLine, onErrorLine: log.begin(), maxLineBytes: limits.maxLineBytes });
          },
        },
        signal,
      ),
    // While it was away its lists may have changed without a word.
    onReady: () => events.listChanged(),
    onLost: options.onLost,
  });
  return {
    start: () => keeper.start(),
    ready: async () => (await keeper.current()).initialized,
    request: async (call) => (keeper.peek() ?? (await keeper.current())).request(call),
    notify: () => {},
    subscribe: async () => NO_SUBSCRIPTIONS,
    unsubscribe: () => {},
    keepsPeers: () => false,
    status: () => keeper.status(),
    close: () => keeper.close().finally(() => log.end()),
  };
}
