/** For tests: what is seen of a container that keeps the whole contract. */

import type { AuthProbe, KernelView, Observations } from "./observations.ts";
import { statelessSpec } from "./stateless-spec.ts";

export const GOOD_KERNEL: KernelView = {
  noNewPrivileges: true,
  capabilities: 0n,
  uid: 10001,
  seccomp: 2,
  mounts: [
    { target: "/", fsType: "overlay", writable: false },
    { target: "/tmp", fsType: "tmpfs", writable: true },
    { target: "/etc/hosts", fsType: "ext4", writable: true },
    { target: "/proc", fsType: "proc", writable: true },
  ],
  memoryLimitBytes: 536_870_912,
  memoryPeakBytes: 40_000_000,
  cpuMillis: 1000,
};

export const refused = (kind: AuthProbe["kind"]): AuthProbe => ({
  kind,
  request: "POST initialize",
  status: 401,
  body: "JWT token required",
});

export const GOOD: Observations = {
  container: {
    info: {
      id: "c0ffee",
      name: "server",
      image: "localhost/server:1",
      state: "running",
      labels: {},
      createdAt: new Date(0),
      imageDigest: "sha256:0",
      imageId: "0",
      startedAt: new Date(0),
      finishedAt: undefined,
      exitCode: undefined,
      oomKilled: false,
      pid: 42,
      monitorPid: undefined,
      addresses: [],
      spec: statelessSpec({ name: "server", image: "localhost/server:1", containerPort: 8080, hostPort: 0, env: {} }),
      restartPolicy: "no",
      loosened: [],
    },
    kernel: GOOD_KERNEL,
  },
  writes: { strict: [], writable: [], refusedInLog: [], inTmpfs: ["/tmp/a"] },
  auth: [
    refused("no token"),
    refused("an empty bearer"),
    refused("a malformed JWT"),
    refused("a JWT of a foreign issuer"),
    refused("an unsigned JWT"),
    refused("a token in the URL"),
    { kind: "no token", request: "GET", status: 405, body: "" },
  ],
  basic: { server: { name: "s", version: "1" }, tools: ["echo"], calls: [{ tool: "echo", ms: 1, failed: undefined }], failed: undefined },
  isolation: {
    together: [
      { canary: "canary1", received: "no tool canary1", failed: undefined },
      { canary: "canary2", received: "no tool canary2", failed: undefined },
    ],
    after: { canary: "canary3", received: "no tool canary3", failed: undefined },
  },
  foreignSession: { status: 404 },
  restart: { first: { initialize: "i", rounds: ["a", "a"] }, second: { initialize: "i", rounds: ["a", "a"] } },
  tmpfs: { cleared: true },
  strain: { died: undefined, oomKilled: false, requests: 64, answered: 64, after: undefined, peakMemoryBytes: 1 },
  decoys: { read: [], shown: [], probe: refused("no token") },
  left: {},
};
