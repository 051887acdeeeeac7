import { join } from "node:path";
import type { AgentConfig } from "../agent/config/agent-config.ts";
import { diagnose } from "../agent/doctor/diagnose.ts";
import type { Finding } from "../agent/doctor/finding.ts";
import { linuxFacts } from "../agent/doctor/linux/linux-facts.ts";
import { podmanFacts } from "../agent/doctor/podman/podman-facts.ts";
import type { DoctorLine } from "../cli/agent-ports.ts";
import { systemClock } from "../core/clock.ts";
import { DockerRuntime } from "../runtime/docker/docker-runtime.ts";
import { checkSqliteFile } from "../store/sqlite/check-sqlite-file.ts";
import { chooseEngine } from "./open-agent-runtime.ts";
import type { RoleIo } from "./run-role.ts";

const LEVELS: Readonly<Record<Finding["level"], DoctorLine["level"]>> = { ok: "ok", warn: "warning", bad: "error" };

/** What is right and wrong with this node for its agent, which may run or not. Changes nothing. */
export async function examineNode({ server, database, agent }: AgentConfig, env: RoleIo["env"]): Promise<readonly DoctorLine[]> {
  const chosen = chooseEngine({ kind: agent.container_runtime, socket: agent.runtime_socket, env });
  const isDocker = chosen.kind === "docker";
  const socket = "socketPath" in chosen ? chosen.socketPath : undefined;
  const [machine, engine] = await Promise.all([
    linuxFacts({
      now: systemClock.now(),
      dataFolder: agent.data_dir,
      registryFile: database.path,
      backupsFolder: agent.backups_dir,
      certificate: { path: server.tls_cert, keyPath: server.tls_key },
      address: "",
      // The agent's own service has its socket only while the agent runs.
      sockets:
        socket === undefined
          ? [{ path: join(agent.data_dir, "podman", "podman.sock"), isNeeded: false }]
          : [{ path: socket, isNeeded: true }],
      disks: [agent.files_root, agent.data_dir, isDocker ? "/var/lib/docker" : "/var/lib/containers", "/run"],
      checkRegistry: checkSqliteFile,
    }),
    chosen.kind === "docker" ? dockerFacts(chosen.socketPath) : podmanFacts({ podman: "podman" }),
  ]);
  return diagnose({ ...machine, ...engine }).map(({ check, level, message, cure }) => ({ check, level: LEVELS[level], message, cure }));
}

async function dockerFacts(socket: string): ReturnType<typeof podmanFacts> {
  const runtime = new DockerRuntime(socket);
  try {
    const { version } = await runtime.version();
    return { engine: { name: "docker", version, ociRuntime: "", database: "", rootless: false }, defaultUlimits: undefined };
  } catch (thrown) {
    return { engine: { problem: thrown instanceof Error ? thrown.message : String(thrown) }, defaultUlimits: undefined };
  } finally {
    await runtime.close();
  }
}
