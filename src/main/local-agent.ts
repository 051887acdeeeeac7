/** The agent of this machine, as `mcpctl up` runs it beside mcpd and the gateway: on loopback, with a certificate of its own. */
import { existsSync, mkdirSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import type { Logger } from "pino";
import { agentConfigSchema } from "../agent/config/agent-config.ts";
import { systemActor } from "../control/access/system-actor.ts";
import { createNode } from "../control/node/create-node.ts";
import { updateNode } from "../control/node/update-node.ts";
import { makeCertificate } from "./agent-commands.ts";
import { optionsOf } from "./agent-server.ts";
import { joinAgent } from "./join-agent.ts";
import { openAgentRuntime } from "./open-agent-runtime.ts";
import { ownProcesses } from "./own-processes.ts";
import { type RunningAgent, startAgent } from "./start-agent.ts";
import type { Control } from "./start-control.ts";

export interface LocalAgentOptions {
  /** Where it keeps what it knows: below the data folder of `up`. */
  readonly dataDir: string;
  /** mcpd's, which says whose a token is. */
  readonly api: string;
  readonly control: Control;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Logger;
}

const HOST = "127.0.0.1";
const CERTIFICATE_DAYS = 3650;

/** Starts it on a free port and makes its node known to mcpd, under its address and certificate of now. */
export async function startLocalAgent(options: LocalAgentOptions): Promise<RunningAgent> {
  const { dataDir, api, env, log } = options;
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const certificate = { cert: join(dataDir, "agent.pem"), key: join(dataDir, "agent.key") };
  if (!existsSync(certificate.cert)) makeCertificate({ ...certificate, hosts: [HOST], days: CERTIFICATE_DAYS });
  const config = agentConfigSchema.parse({
    server: { grpc_addr: `${HOST}:0`, tls_cert: certificate.cert, tls_key: certificate.key },
    database: { path: join(dataDir, "agent.db") },
    mcias: { server_url: api },
    agent: {
      node_name: nodeNameOf(hostname()),
      data_dir: dataDir,
      files_root: join(dataDir, "services"),
      backups_dir: join(dataDir, "backups"),
    },
  });
  const { container_runtime: kind } = config.agent;
  const agent = await startAgent({
    ...(await optionsOf({ ...config, agent: { ...config.agent, data_dir: dataDir } }, log)),
    openRuntime: () => openAgentRuntime({ kind, socket: undefined, dataDir, env, log }),
    processes: ownProcesses,
    join: joinAgent,
  });
  await registerNode(options.control, agent);
  return agent;
}

async function registerNode({ stores, clock, ids }: Control, { nodeName, port, certificate }: RunningAgent): Promise<void> {
  const { nodes } = stores;
  const known = { address: `${HOST}:${port}`, certificate };
  const found = await nodes.byName(nodeName);
  if (found !== undefined) await updateNode({ nodes, clock }, systemActor(), found.id, known);
  else await createNode({ nodes, clock, ids }, systemActor(), { name: nodeName, description: "this machine", ...known });
}

/** A name as nodes have it, from that of this machine. */
export function nodeNameOf(host: string): string {
  const plain =
    host
      .toLowerCase()
      .split(".")[0]
      ?.replaceAll(/[^a-z0-9]+/g, "-")
      .replaceAll(/^[^a-z]+|-+$/g, "") ?? "";
  return plain.length < 2 ? "local" : plain.slice(0, 40).replace(/-+$/, "");
}
