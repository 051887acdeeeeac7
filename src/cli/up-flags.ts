import { AppError } from "../core/app-error.ts";
import { parseHost, parseListenAddress, parsePort } from "./address-flags.ts";
import { parsePathFlag } from "./path-flag.ts";
import type { UpOptions } from "./ports.ts";

/** The flags of `up` as they were typed. */
export interface UpFlags {
  readonly host: string;
  readonly apiPort: string;
  readonly gatewayPort: string;
  readonly dataDir?: string;
  readonly databaseUrl?: string;
  readonly config?: string;
  readonly metricsAddress?: string;
  readonly readyFile?: string;
  readonly newToken?: boolean;
  readonly agent?: boolean;
}

/** What the flags ask for. Throws `invalid`, naming the flag. */
export function parseUpFlags(flags: UpFlags): UpOptions {
  const apiPort = parsePort("--api-port", flags.apiPort);
  const gatewayPort = parsePort("--gateway-port", flags.gatewayPort);
  if (apiPort === gatewayPort && apiPort !== 0) {
    throw new AppError("invalid", "PORTS_EQUAL", `--api-port and --gateway-port are both ${apiPort}`, {
      hint: "give each a port of its own, or 0 for a free one",
    });
  }
  return {
    host: parseHost("--host", flags.host),
    apiPort,
    gatewayPort,
    dataDir: parsePathFlag("--data-dir", flags.dataDir),
    databaseUrl: parsePathFlag("--database-url", flags.databaseUrl),
    config: parsePathFlag("--config", flags.config),
    metrics: flags.metricsAddress === undefined ? undefined : parseListenAddress("--metrics-address", flags.metricsAddress),
    readyFile: parsePathFlag("--ready-file", flags.readyFile),
    agent: flags.agent !== false,
    newToken: flags.newToken === true,
  };
}
