import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { GatewayServeOptions } from "../cli/mcplocal-program.ts";
import { bindPort } from "./bind-port.ts";
import { writePrivateFile } from "./private-file.ts";
import { progressLine } from "./progress-line.ts";
import { onRereadSignal } from "./reread-signal.ts";
import type { RoleIo } from "./run-role.ts";
import { spawnWorker } from "./spawn-worker.ts";
import { stopSignals } from "./stop-signals.ts";
import { sessionKeyFile } from "./worker-context.ts";
import { WorkerPool } from "./worker-pool.ts";

const RESTART = { firstMs: 200, maxMs: 10_000 };
const STABLE_AFTER_MS = 30_000;

/** Workers may share a port with each other, not with what listens there already. Throws like `bindPort`. */
function requireFree({ host, port }: GatewayServeOptions): void {
  if (port !== 0) void bindPort({ hostname: host, port, flag: "--port", maxBodyBytes: 0 }).server.stop(true);
}

/**
 * Runs `options.workers` processes of one gateway on one port, between which the system shares out the connections, until
 * SIGINT or SIGTERM. Resolves with the exit code.
 */
export async function serveWorkers(options: GatewayServeOptions, io: RoleIo): Promise<number> {
  requireFree(options);
  const progress = (line: string) => io.stderr(progressLine(line));
  const signals = stopSignals();
  // Its mode is 0700: what the workers tell each other is theirs alone.
  const folder = mkdtempSync(join(tmpdir(), "mcplocal-"));
  const pool = new WorkerPool({
    count: options.workers,
    start: (index, port, onMessage) => spawnWorker({ index, folder, port: port === 0 ? options.port : port }, io.env, onMessage),
    backoff: RESTART,
    stableAfterMs: STABLE_AFTER_MS,
    monotonicNow: () => performance.now(),
    onLost: (index, reason) => progress(`worker ${index} was lost: ${reason}; starting it again`),
  });
  const forget = options.config === undefined ? () => {} : onRereadSignal(() => pool.reread());
  signals.again.addEventListener("abort", () => pool.signal("SIGTERM"));
  try {
    writePrivateFile(sessionKeyFile(folder), randomBytes(32));
    const opened = pool.open().then(
      (text) => io.stdout(`${text} (${options.workers} workers)\n`),
      () => {},
    );
    const outcome = await Promise.race([signals.first, pool.failed]);
    if (typeof outcome === "number") {
      pool.signal("SIGTERM");
      await pool.ended();
      return outcome;
    }
    progress(`${outcome}: stopping`);
    pool.signal(outcome);
    await Promise.all([pool.ended(), opened]);
    progress("stopped");
    return 0;
  } finally {
    forget();
    rmSync(folder, { recursive: true, force: true });
  }
}
