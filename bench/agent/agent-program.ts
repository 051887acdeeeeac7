import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeCertificateFiles } from "../../src/agent/certificate/certificate-files.ts";
import { answersOf, startIdentityProvider } from "../../src/agent/identity/identity-provider.fixture.ts";
import { AgentClient } from "../../src/api/agent/agent-client.ts";
import { programIn } from "../gateway/machine/built-programs.ts";
import { startChild } from "../gateway/machine/child-process.ts";
import { ReleaseStack } from "../gateway/machine/release-stack.ts";
import { waitForStart } from "../gateway/machine/wait-for-start.ts";

export interface AgentProgramOptions {
  /** The checkout. */
  readonly root: string;
  /** An empty one of its own, with a short path: a socket may lie below it. */
  readonly folder: string;
  readonly node: string;
  /** Of an engine that runs already; undefined: the agent starts a service of podman's. */
  readonly socket: string | undefined;
  readonly signal: AbortSignal;
}

/** A `mcp-agent server` that answers, and who may ask it everything. */
export interface AgentProgram {
  readonly pid: number;
  readonly client: AgentClient;
  readonly registryFile: string;
  stop(): Promise<void>;
}

const TOKEN = "bench";
const DAY_MS = 86_400_000;

/** Where the registry lies that an agent in this folder will have. */
export function registryFileIn(folder: string): string {
  return join(folder, "agent.db");
}

/** Starts the program as an operator would, on the registry that lies in its folder. It has looked at everything once when this resolves. */
export async function startAgentProgram({ root, folder, node, socket, signal }: AgentProgramOptions): Promise<AgentProgram> {
  const releases = new ReleaseStack();
  try {
    const provider = await startIdentityProvider(answersOf({ [TOKEN]: ["admin"] }));
    releases.push(() => provider.close());
    const certificate = { cert: join(folder, "cert.pem"), key: join(folder, "key.pem") };
    const [from, to] = [new Date(Date.now() - DAY_MS), new Date(Date.now() + 365 * DAY_MS)];
    makeCertificateFiles(certificate, { commonName: node, hosts: ["127.0.0.1"], from, to });
    await mkdir(join(folder, "srv"));
    const config = join(folder, "agent.toml");
    await writeFile(config, configOf({ folder, node, socket, provider: provider.url }), { mode: 0o600 });
    const child = startChild([programIn(root, "mcp-agent"), "server", "--config", config], {
      logFile: join(folder, "agent.log"),
      env: { PATH: process.env.PATH, HOME: process.env.HOME, XDG_RUNTIME_DIR: process.env.XDG_RUNTIME_DIR },
    });
    releases.push(() => child.stop());
    await waitForStart("the agent", child, () => portIn(child.output()) !== undefined, signal);
    const address = { host: "127.0.0.1", port: portIn(child.output()) ?? 0 };
    const client = new AgentClient({ node, address, ca: await readFile(certificate.cert, "utf8") }, { token: TOKEN });
    releases.push(() => client.close());
    return { pid: child.pid, client, registryFile: registryFileIn(folder), stop: async () => void (await releases.releaseAll()) };
  } catch (thrown) {
    await releases.releaseAll();
    throw thrown;
  }
}

function configOf(values: {
  readonly folder: string;
  readonly node: string;
  readonly socket: string | undefined;
  readonly provider: string;
}): string {
  const { folder, node, socket, provider } = values;
  const text = JSON.stringify;
  return `
[server]
grpc_addr = "127.0.0.1:0"
tls_cert = "cert.pem"
tls_key = "key.pem"

[database]
path = ${text(registryFileIn(folder))}

[mcias]
server_url = ${text(provider)}

[agent]
node_name = ${text(node)}
container_runtime = "podman"
files_root = "srv"
backups_dir = "backups"
${socket === undefined ? "" : `runtime_socket = ${text(socket)}`}

[log]
level = "warn"
`;
}

function portIn(output: string): number | undefined {
  const [, port] = /^mcp-agent is ready: .*:(\d+)$/m.exec(output) ?? [];
  return port === undefined ? undefined : Number(port);
}
