import { bad, type Finding, ok, warn } from "./finding.ts";
import type { EngineFacts, NodeFacts, SocketFacts } from "./node-facts.ts";
import { faultsOf, isVersionBefore } from "./podman-faults.ts";

/** Podman's own cleanup of a container takes well under a second; one that hangs holds a lock that others wait for (podman#29646). */
const LONG_CLEANUP_SECONDS = 30;
const CONF = "/etc/containers/containers.conf";

/** The container engine and what it needs of the kernel. */
export function diagnoseEngine(facts: NodeFacts): readonly Finding[] {
  const { engine } = facts;
  if ("problem" in engine) {
    return [
      bad("engine", `The container engine cannot be asked: ${engine.problem}.`, "install podman, or see whether it answers: podman info"),
    ];
  }
  return [
    ...version(engine),
    ...ociRuntime(engine, facts.cgroups),
    cgroups(engine, facts.cgroups),
    ulimits(facts),
    cleanups(facts),
    ...facts.sockets.map(socket),
  ];
}

function version(engine: EngineFacts): readonly Finding[] {
  if (engine.name !== "podman") return [ok("engine", `Docker ${engine.version} runs the containers.`)];
  const faults = faultsOf(engine.version).map(({ level, what }) => {
    const report = level === "bad" ? bad : warn;
    return report("podman", `Podman ${engine.version} ${what}.`, "install a newer podman");
  });
  const database =
    engine.database === "boltdb" && !isVersionBefore(engine.version, "5.5.0")
      ? [
          warn(
            "podman",
            "Podman keeps its state in BoltDB, which podman 6 reads no more.",
            "start podman 5.8 once before 6: it moves the state to SQLite",
          ),
        ]
      : [];
  return [ok("podman", `Podman ${engine.version} runs the containers${engine.rootless ? ", without root" : ""}.`), ...faults, ...database];
}

function ociRuntime({ name, ociRuntime: runtime }: EngineFacts, groups: NodeFacts["cgroups"]): readonly Finding[] {
  if (name !== "podman" || runtime === "") return [];
  if (groups === "mixed" && runtime !== "runc") {
    return [
      bad(
        "oci runtime",
        `${runtime} starts no container where cgroups v1 and v2 are mixed.`,
        `install runc, and set runtime = "runc" under [engine] in ${CONF}`,
      ),
    ];
  }
  return [ok("oci runtime", `${runtime} starts the containers.`)];
}

function cgroups({ name, version: own }: EngineFacts, groups: NodeFacts["cgroups"]): Finding {
  switch (groups) {
    case "v2":
      return ok("cgroups", "Cgroups are v2.");
    case "none":
      return bad("cgroups", "No cgroups are mounted: limits of memory and processors do not hold.", "mount cgroup2 at /sys/fs/cgroup");
    case "v1":
    case "mixed": {
      const told = groups === "v1" ? "Cgroups are v1" : "Cgroups v1 and v2 are mixed";
      const cure = "boot with systemd.unified_cgroup_hierarchy=1";
      if (name === "podman" && !isVersionBefore(own, "6.0.0")) return bad("cgroups", `${told}, and podman 6 knows v2 alone.`, cure);
      return warn("cgroups", `${told}; podman 6 will not start here.`, cure);
    }
  }
}

function ulimits({ defaultUlimits, mayRaiseLimits }: NodeFacts): Finding {
  if (mayRaiseLimits) return ok("limits", "Resource limits of containers can be raised.");
  if (defaultUlimits?.length === 0) return ok("limits", "Containers keep the agent's resource limits (default_ulimits is empty).");
  return bad(
    "limits",
    "The agent may not raise resource limits, and podman tries to for each container.",
    `set default_ulimits = [] under [containers] in ${CONF}`,
  );
}

function cleanups({ cleanups: found }: NodeFacts): Finding {
  const stuck = found.filter(({ ageSeconds }) => ageSeconds >= LONG_CLEANUP_SECONDS).sort((a, b) => b.ageSeconds - a.ageSeconds);
  const [oldest] = stuck;
  if (oldest === undefined) return ok("cleanup", "No cleanup of podman hangs.");
  return bad(
    "cleanup",
    `${stuck.length === 1 ? "A cleanup" : `${stuck.length} cleanups`} of podman hangs and may hold a lock: process ${oldest.pid} since ${Math.round(oldest.ageSeconds)} s.`,
    `end it: kill ${oldest.pid}`,
  );
}

function socket({ path, file, isNeeded }: SocketFacts): Finding {
  const check = `socket ${path}`;
  if (file === undefined) {
    return isNeeded
      ? bad(check, `${path} is not there: the engine's API cannot be asked.`, "start the agent, or the engine's socket unit")
      : ok(check, `${path} is not there, and is not needed.`);
  }
  if (!file.isSocket) return bad(check, `${path} is no socket.`, `take it away: rm ${path}`);
  if ((file.mode & 0o002) !== 0)
    return bad(check, `Everybody on this machine may use ${path}, which makes them root.`, `chmod 600 ${path}`);
  if ((file.mode & 0o020) !== 0 && file.gid !== 0) {
    return warn(check, `The group ${file.gid} may use ${path}, which makes its members root.`, `chmod 600 ${path}`);
  }
  return ok(check, `${path} is for its owner alone.`);
}
