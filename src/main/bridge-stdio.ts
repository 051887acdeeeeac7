/**
 * `mcplocal stdio`: the entry for clients that start a process. The other entry is `serve-gateway.ts`, which speaks HTTP
 * alone. Here is no gateway: what the client writes on lines is posted to one, under the client's own token.
 */

import type { StdioOptions } from "../cli/stdio-flags.ts";
import { printable } from "../core/printable.ts";
import { BRIDGE_LIMITS } from "../mcp/bridge/bridge-limits.ts";
import { runBridge } from "../mcp/bridge/run-bridge.ts";
import type { RoleIo } from "./run-role.ts";
import { stopSignals } from "./stop-signals.ts";

/** Runs until the client closes standard input or a signal comes. Throws AppError where the gateway refuses, or is not there. */
export async function bridgeStdio({ url, token }: StdioOptions, io: RoleIo): Promise<void> {
  const stopping = new AbortController();
  void stopSignals().first.then(() => stopping.abort());
  await runBridge({
    url: new URL(url),
    bearer: token,
    // Bun would end a request that was silent for five minutes; the bridge has a limit of its own.
    fetch: (target, init) => fetch(target, { ...init, timeout: false }),
    input: Bun.stdin.stream(),
    write: writeLine,
    log: (line) => io.stderr(`mcplocal: ${printable(line)}\n`),
    signal: stopping.signal,
    limits: BRIDGE_LIMITS,
  });
}

/** Resolves when the line has left, so that a client that reads slowly is not written to faster. */
function writeLine(line: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(`${line}\n`, (error) => (error ? reject(error) : resolve()));
  });
}
