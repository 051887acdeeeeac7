import { existsSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { loadCertificate, makeCertificateFiles } from "../agent/certificate/certificate-files.ts";
import { readAgentConfig } from "../agent/config/read-agent-config.ts";
import { openSqliteRegistry } from "../agent/registry/sqlite/sqlite-registry.ts";
import { contractDescriptor } from "../agent/rpc/descriptor.ts";
import { restoreSnapshot } from "../agent/snapshot/restore-snapshot.ts";
import { takeSnapshot } from "../agent/snapshot/take-snapshot.ts";
import type { AgentProgramDeps, CertOptions } from "../cli/agent-ports.ts";
import { AppError } from "../core/app-error.ts";
import { systemClock } from "../core/clock.ts";
import { checkSqliteFile } from "../store/sqlite/check-sqlite-file.ts";
import { copySqliteFile } from "../store/sqlite/copy-sqlite-file.ts";
import { examineNode } from "./agent-doctor.ts";
import { holdAgentFolder } from "./hold-agent-folder.ts";
import type { RoleIo } from "./run-role.ts";

type AgentCommands = Pick<AgentProgramDeps, "snapshot" | "restore" | "doctor" | "validateConfig" | "makeCertificate" | "writeDescriptor">;

/** What `mcp-agent` does besides running. */
export function agentCommands(io: RoleIo): AgentCommands {
  return {
    async snapshot(path) {
      const { database, agent, snapshots } = readAgentConfig(path, io.env);
      if (!existsSync(database.path)) {
        throw new AppError("not_found", "REGISTRY_MISSING", `There is no registry ${database.path}`, {
          hint: "the agent makes it when it first runs",
        });
      }
      return await takeSnapshot({
        copyTo: (file) => copySqliteFile(database.path, file),
        check: checkSqliteFile,
        folder: agent.backups_dir,
        keep: snapshots.keep,
        clock: systemClock,
      });
    },
    async restore(path, snapshot) {
      const { database, agent } = readAgentConfig(path, io.env);
      const { aside } = await restoreSnapshot(
        {
          lock: () => holdAgentFolder(agent.data_dir, { pid: process.pid, startedAt: systemClock.now().toISOString() }),
          check: checkSqliteFile,
          tryOut: (file) => openSqliteRegistry(file).close(),
          registryFile: database.path,
          clock: systemClock,
        },
        snapshot,
      );
      return { registry: database.path, aside };
    },
    async doctor(path) {
      return await examineNode(readAgentConfig(path, io.env), io.env);
    },
    async validateConfig(path) {
      const { agent, server } = readAgentConfig(path, io.env);
      loadCertificate({ cert: server.tls_cert, key: server.tls_key, clientCa: server.tls_client_ca });
      return { nodeName: agent.node_name };
    },
    async makeCertificate(options) {
      return makeCertificate(options);
    },
    async writeDescriptor(file) {
      const bytes = contractDescriptor();
      if (file !== undefined) writeFileSync(file, bytes);
      else process.stdout.write(bytes);
    },
  };
}

const DAY_MS = 24 * 3_600_000;
/** Clocks of nodes differ a little. */
const BEFORE_MS = 3_600_000;

/** A certificate for this machine. Throws `conflict`/`CERTIFICATE_THERE`. */
export function makeCertificate({ cert, key, hosts, days }: CertOptions) {
  const now = systemClock.now().getTime();
  const own = hostname();
  makeCertificateFiles(
    { cert, key },
    {
      commonName: hosts[0] ?? own,
      hosts: [...new Set([...hosts, own, "localhost", "127.0.0.1", "::1"])],
      from: new Date(now - BEFORE_MS),
      to: new Date(now + days * DAY_MS),
    },
  );
  const { fingerprint, expiresAt } = loadCertificate({ cert, key });
  return { fingerprint, expiresAt };
}
