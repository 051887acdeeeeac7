import { Gauge, type Registry } from "prom-client";
import type { GatewayVitals, ServerVitals } from "../gateway-vitals.ts";

type Labels = Record<string, string>;

/** Gauges of what the gateway holds; of a server that several gateways of this process have connected to, the sum. */
export function registerVitals(registry: Registry, vitals: () => GatewayVitals): void {
  const gauge = (name: string, help: string, labelNames: readonly string[], read: (add: (labels: Labels, value: number) => void) => void) =>
    new Gauge({
      name,
      help,
      labelNames,
      registers: [registry],
      collect() {
        this.reset();
        read((labels, value) => this.inc(labels, value));
      },
    });
  const perServer = (name: string, help: string, valueIn: (server: ServerVitals) => number) =>
    gauge(name, help, ["server"], (add) => {
      for (const server of vitals().servers) add({ server: server.handle }, valueIn(server));
    });
  gauge("mcpctl_gateway_sessions_held", "Sessions with something held for them", [], (add) => add({}, vitals().sessionsHeld));
  gauge("mcpctl_gateway_streams_open", "Streams on which clients listen", ["era"], (add) => {
    for (const [era, open] of Object.entries(vitals().streamsOpen)) add({ era }, open);
  });
  gauge("mcpctl_gateway_calls_parked", "Calls that wait for their client's input", [], (add) => add({}, vitals().callsParked));
  gauge("mcpctl_gateway_server_state", "1 for the state in which a server is", ["server", "state", "reason"], (add) => {
    for (const { handle, state, cause } of vitals().servers) add({ server: handle, state, reason: reasonLabel(cause) }, 1);
  });
  perServer("mcpctl_gateway_calls_in_flight", "Calls that a server carries out now", ({ callsInFlight }) => callsInFlight);
  perServer("mcpctl_gateway_catalog_stale", "1 where what is listed is the last known, of a server that is away", ({ stale }) =>
    stale ? 1 : 0,
  );
  gauge("mcpctl_gateway_catalog_age_seconds", "Since a server's lists were last read", ["server"], (add) => {
    for (const [server, ageMs] of oldest(vitals().servers)) add({ server }, ageMs / 1000);
  });
}

/** The age of what is listed of each server whose lists were ever read; ages do not add up. */
function oldest(servers: readonly ServerVitals[]): Map<string, number> {
  const ages = new Map<string, number>();
  for (const { handle, catalogAgeMs } of servers) {
    if (catalogAgeMs !== undefined) ages.set(handle, Math.max(catalogAgeMs, ages.get(handle) ?? 0));
  }
  return ages;
}

/** A reason of ours, of which there are as many as docs/errors.md has; never what a server said. */
function reasonLabel(cause: string | undefined): string {
  if (cause === undefined) return "";
  return /^[A-Z][A-Z_]{0,39}$/.test(cause) ? cause : "OTHER";
}
