import type { ServeOptions } from "../cli/ports.ts";
import { isLoopback } from "../core/edge-policy.ts";
import { checkoutFolder } from "./checkout.ts";
import { collectStart } from "./collect-start.ts";
import { readConfig } from "./config-file.ts";
import { dataFolderAt } from "./data-folder.ts";
import { drainLimitMs } from "./drain-limit.ts";
import { drainOptions } from "./drain-options.ts";
import { firstPassword } from "./first-password.ts";
import { followConfig } from "./follow-config.ts";
import { createLog } from "./log.ts";
import { metricsAddress } from "./metrics-address.ts";
import { progressLine } from "./progress-line.ts";
import type { RoleIo } from "./run-role.ts";
import { startEmbedded } from "./start-embedded.ts";
import { stopInTime } from "./stop-in-time.ts";
import { stopSignals } from "./stop-signals.ts";
import { tracingSettings } from "./tracing-settings.ts";

/** Runs mcpd until SIGINT or SIGTERM. Resolves with the exit code; throws AppError where it cannot start. */
export async function serveControlPlane(options: ServeOptions, io: RoleIo): Promise<number> {
  const signals = stopSignals();
  const progress = (line: string) => io.stderr(progressLine(line));
  const { host, apiPort } = options;
  const config = readConfig(options.config);
  // Said now rather than at the end.
  drainLimitMs(io.env, config.drain.limit_ms);
  const followed = followConfig({ path: options.config, config, say: io.stderr });
  const embedded = await startEmbedded({
    host,
    apiPort,
    gatewayPort: undefined,
    folder: dataFolderAt(options.dataDir, { env: io.env, checkout: checkoutFolder() }),
    databaseUrl: options.databaseUrl ?? io.env.MCPD_DATABASE_URL,
    config,
    metrics: metricsAddress(options.metrics, io.env, config.metrics.listen),
    tracing: tracingSettings(io.env, config.tracing, "mcpd"),
    demo: false,
    env: io.env,
    log: createLog(io.env, config.log.level),
    onProgress: progress,
  });
  followed.tell(embedded.gateway);
  const admin = await firstPassword(embedded);
  embedded.serve();
  collectStart();
  io.stdout(`mcpd is ready.\n\n  API       ${embedded.api}\n`);
  if (admin !== undefined)
    io.stdout(`\n  Administrator, shown this once:\n    user      ${admin.username}\n    password  ${admin.password}\n`);
  if (!isLoopback(host)) io.stderr(`warning: ${host} is reached from other machines, without TLS: put a proxy with TLS before it\n`);
  progress("ready; Ctrl-C stops it");
  progress(`${await signals.first}: stopping`);
  followed.close();
  const limitMs = drainLimitMs(io.env, followed.current.drain.limit_ms);
  await embedded.drain(drainOptions({ limitMs, again: signals.again, progress }));
  return stopInTime(() => embedded.close(), io);
}
