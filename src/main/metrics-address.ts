import { type ListenAddress, parseListenAddress } from "../cli/address-flags.ts";

/** Where the metrics are served: as the flag says, else the environment, else the configuration; undefined: nowhere. */
export function metricsAddress(
  flag: ListenAddress | undefined,
  env: Readonly<Record<string, string | undefined>>,
  configured: string | undefined,
): ListenAddress | undefined {
  if (flag !== undefined) return flag;
  const variable = env.MCPLOCAL_METRICS_LISTEN;
  if (variable !== undefined && variable !== "") return parseListenAddress("MCPLOCAL_METRICS_LISTEN", variable);
  return configured === undefined ? undefined : parseListenAddress("metrics.listen", configured);
}
