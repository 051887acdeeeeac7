import type { WorkerOptions } from "../cli/ports.ts";
import { AppError } from "../core/app-error.ts";
import { checkoutFolder } from "./checkout.ts";
import { collectStart } from "./collect-start.ts";
import { readConfig } from "./config-file.ts";
import { dataFolderAt } from "./data-folder.ts";
import { drainLimitMs } from "./drain-limit.ts";
import { drainOptions } from "./drain-options.ts";
import { createLog } from "./log.ts";
import { metricsAddress } from "./metrics-address.ts";
import { progressLine } from "./progress-line.ts";
import type { RoleIo } from "./run-role.ts";
import { startEmbedded } from "./start-embedded.ts";
import { stopInTime } from "./stop-in-time.ts";
import { stopSignals } from "./stop-signals.ts";
import { tracingSettings } from "./tracing-settings.ts";

/**
 * Carries dispatched calls out until SIGINT or SIGTERM, beside an mcpd that takes them. It listens on loopback alone, for the
 * commands of its own machine. Resolves with the exit code; throws AppError where it cannot start.
 */
export async function runWorker(options: WorkerOptions, io: RoleIo): Promise<number> {
  const signals = stopSignals();
  const progress = (line: string) => io.stderr(progressLine(line));
  const config = readConfig(options.config);
  if (config.queue.driver === "sync") throw nothingToDo();
  const limitMs = drainLimitMs(io.env, config.drain.limit_ms);
  const start = startEmbedded({
    host: "127.0.0.1",
    apiPort: 0,
    gatewayPort: undefined,
    folder: dataFolderAt(options.dataDir, { env: io.env, checkout: checkoutFolder() }),
    databaseUrl: options.databaseUrl ?? io.env.MCPD_DATABASE_URL,
    config: { ...config, queue: { ...config.queue, worker: true } },
    metrics: metricsAddress(options.metrics, io.env, config.metrics.listen),
    tracing: tracingSettings(io.env, config.tracing, "mcpd"),
    demo: false,
    env: io.env,
    log: createLog(io.env, config.log.level),
    onProgress: progress,
  });
  const embedded = await start.catch((thrown: unknown) => {
    throw thrown instanceof AppError && thrown.reason === "DATA_FOLDER_HELD" ? heldByMcpd(thrown) : thrown;
  });
  embedded.serve();
  collectStart();
  io.stdout(`mcpd worker is ready: it carries out up to ${config.queue.concurrency} dispatched calls at once\n`);
  progress("Ctrl-C stops it");
  progress(`${await signals.first}: stopping`);
  await embedded.drain(drainOptions({ limitMs, again: signals.again, progress }));
  return stopInTime(() => embedded.close(), io);
}

function nothingToDo(): AppError {
  return new AppError("precondition", "QUEUE_OFF", "With queue.driver = sync no call waits for a worker", {
    hint: 'set queue.driver to "embedded", or to "pgboss" with Postgres',
  });
}

/** One process writes into a data folder: the one that runs is the worker too. */
function heldByMcpd(cause: AppError): AppError {
  return new AppError("conflict", "DATA_FOLDER_HELD", `${cause.message}, and carries its dispatched calls out itself`, {
    cause,
    hint: "a worker beside it needs Postgres or MySQL, and a data folder of its own with --data-dir",
  });
}
