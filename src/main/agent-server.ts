import type { Logger } from "pino";
import type { AgentConfig } from "../agent/config/agent-config.ts";
import { readAgentConfig } from "../agent/config/read-agent-config.ts";
import { loadToken } from "../agent/identity/token-file.ts";
import { agentLimits, monitorSettings } from "./agent-settings.ts";
import { agentTokenCheck } from "./agent-token-check.ts";
import { collectStart } from "./collect-start.ts";
import { joinAgent } from "./join-agent.ts";
import { createLog } from "./log.ts";
import { openAgentRuntime } from "./open-agent-runtime.ts";
import { ownProcesses } from "./own-processes.ts";
import { progressLine } from "./progress-line.ts";
import { onRereadSignal } from "./reread-signal.ts";
import type { RoleIo } from "./run-role.ts";
import { type StartAgentOptions, startAgent } from "./start-agent.ts";
import { stopInTime } from "./stop-in-time.ts";
import { stopSignals } from "./stop-signals.ts";

/** How long calls in flight may take when the agent is to stop; operations outlive it anyway. */
const STOP_LIMIT_MS = 1500;

/** Runs an agent until SIGINT or SIGTERM. Resolves with the exit code; throws AppError where it cannot start. */
export async function serveAgent(path: string, io: RoleIo): Promise<number> {
  const signals = stopSignals();
  const config = readAgentConfig(path, io.env);
  const log = createLog(io.env, config.log.level);
  const say = (text: string) => io.stderr(progressLine(text));
  const { container_runtime: kind, runtime_socket: socket, data_dir: dataDir } = config.agent;
  const agent = await startAgent({
    ...(await optionsOf(config, log)),
    openRuntime: () => openAgentRuntime({ kind, socket, dataDir, env: io.env, log }),
    processes: ownProcesses,
    join: joinAgent,
  });
  collectStart();
  const { host } = config.server.grpc_addr;
  io.stdout(`mcp-agent is ready: node ${agent.nodeName} on ${host.includes(":") ? `[${host}]` : host}:${agent.port}\n`);
  io.stdout(`certificate ${agent.fingerprint}\n`);
  const forgetSignal = onRereadSignal(() => agent.rereadCertificate());
  say(`${await signals.first}: stopping`);
  forgetSignal();
  return stopInTime(() => agent.stop(STOP_LIMIT_MS), io);
}

/** What the configuration says, in the agent's own words. Throws as `loadToken` where the proxy's token cannot be read. */
export async function optionsOf(config: AgentConfig, log: Logger): Promise<Omit<StartAgentOptions, "openRuntime" | "processes" | "join">> {
  const { server, database, mcias, agent, proxy, limits, snapshots } = config;
  return {
    nodeName: agent.node_name,
    listen: server.grpc_addr,
    certificate: { cert: server.tls_cert, key: server.tls_key, clientCa: server.tls_client_ca },
    dataDir: agent.data_dir,
    databasePath: database.path,
    filesRoot: agent.files_root,
    bindRoots: agent.bind_roots,
    backupsDir: agent.backups_dir,
    keepSnapshots: snapshots.keep,
    limits: agentLimits(limits),
    monitor: monitorSettings(config.monitor),
    tokens: agentTokenCheck({
      serverUrl: mcias.server_url,
      caCert: mcias.ca_cert === "" ? undefined : mcias.ca_cert,
      serviceName: mcias.service_name,
    }),
    proxy: proxy.enabled ? { token: proxy.token_file === undefined ? undefined : await loadToken(proxy.token_file) } : undefined,
    log,
  };
}
