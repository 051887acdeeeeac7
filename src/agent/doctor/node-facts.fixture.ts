import type { NodeFacts } from "./node-facts.ts";

const GIB = 1024 ** 3;

/** Of a node with nothing wrong, and what a test says of it. */
export function nodeFacts(change: Partial<NodeFacts> = {}): NodeFacts {
  return {
    now: new Date("2026-11-29T12:00:00Z"),
    engine: { name: "podman", version: "6.0.0", ociRuntime: "crun", database: "sqlite", rootless: false },
    defaultUlimits: undefined,
    mayRaiseLimits: true,
    cgroups: "v2",
    cleanups: [],
    sockets: [{ path: "/run/mcp/podman.sock", file: { isSocket: true, mode: 0o600, gid: 0 }, isNeeded: true }],
    disks: [{ path: "/srv", freeBytes: 50 * GIB, totalBytes: 100 * GIB, freeInodes: 900, totalInodes: 1000 }],
    clockSynchronized: true,
    registryWrittenAt: new Date("2026-11-29T11:59:00Z"),
    certificate: {
      path: "/srv/mcp/tls.crt",
      notBefore: new Date("2026-01-01T00:00:00Z"),
      notAfter: new Date("2027-06-01T00:00:00Z"),
      names: ["rift.test", "*.lab.test"],
      matchesKey: true,
      keyPath: "/srv/mcp/tls.key",
      keyMode: 0o600,
    },
    address: "rift.test",
    dataFolder: { path: "/srv/mcp", mode: 0o700, isOwn: true },
    backups: { folder: "/srv/mcp/backups", newest: new Date("2026-11-29T02:00:00Z"), count: 7 },
    registryProblem: undefined,
    registryFile: "/srv/mcp/agent.db",
    ...change,
  };
}
