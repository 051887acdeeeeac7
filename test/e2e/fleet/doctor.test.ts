import { expect } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { diagnose } from "../../../src/agent/doctor/diagnose.ts";
import { linuxFacts } from "../../../src/agent/doctor/linux/linux-facts.ts";
import { podmanFacts } from "../../../src/agent/doctor/podman/podman-facts.ts";
import { systemClock } from "../../../src/core/clock.ts";
import { checkSqliteFile } from "../../../src/store/sqlite/check-sqlite-file.ts";
import { podman, requiresPodman } from "../../support/podman/run-podman.ts";

requiresPodman("the doctor tells this machine's podman, its runtime, cgroups, limits, disks and clock", async () => {
  const folder = mkdtempSync(join(tmpdir(), "mcpctl-doctor-"));
  try {
    const facts = await linuxFacts({
      now: systemClock.now(),
      dataFolder: folder,
      registryFile: join(folder, "agent.db"),
      backupsFolder: join(folder, "backups"),
      certificate: { path: join(folder, "tls.crt"), keyPath: join(folder, "tls.key") },
      address: "",
      sockets: [],
      disks: [folder, "/run"],
      checkRegistry: checkSqliteFile,
    });
    const findings = diagnose({ ...facts, ...(await podmanFacts({ podman: "podman" })) });
    const version = await podman("version", "--format", "{{.Client.Version}}");
    expect(findings.find(({ check }) => check === "podman")?.message).toContain(`Podman ${version} runs the containers`);
    // Containers are started here by other tests, so nothing of this can be said to keep them from it.
    const keeping = findings.filter(({ check, level }) => level === "bad" && ["engine", "oci runtime", "limits"].includes(check));
    expect(keeping).toEqual([]);
    expect(findings.filter(({ check }) => ["cgroups", "clock", `disk ${folder}`, "disk /run", "data folder"].includes(check))).toHaveLength(
      5,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});
