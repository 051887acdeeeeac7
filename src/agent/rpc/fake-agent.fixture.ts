import type { ServiceDefinition } from "../../service-definition/service-definition.ts";
import type { BegunOperation, OperationReport, ServiceView } from "../agent-use-cases.ts";
import type { AgentServiceDeps } from "./agent-service-deps.ts";

const AT = new Date("2026-01-02T03:00:00.000Z");

export const DEFINITION: ServiceDefinition = {
  name: "web",
  node: "edge",
  active: true,
  selfHeal: "heal",
  comment: "",
  components: [
    {
      name: "api",
      image: "localhost/api:v1.2.0",
      ports: [],
      volumes: [],
      cmd: [],
      entrypoint: [],
      env: {},
      secrets: {},
      labels: {},
      dependsOn: [],
      resources: {},
      stopTimeoutMs: 10_000,
      hardening: { profile: "default", tmpfs: [], capDrop: [], capAdd: [], securityOpt: [] },
    },
  ],
};

const [SPEC] = DEFINITION.components;
if (SPEC === undefined) throw new Error("unreachable");

export const VIEW: ServiceView = {
  service: { name: "web", node: "edge", active: true, selfHeal: "heal", comment: "", updatedAt: AT },
  operationId: "op_1",
  components: [
    {
      containerName: "web-api",
      kept: [
        {
          service: "web",
          component: "api",
          number: 3,
          spec: SPEC,
          image: "localhost/api:v1.1.0",
          imageDigest: "sha256:11",
          imageId: "11",
          specHash: "h",
          at: AT,
          by: "root",
        } as ServiceView["components"][number]["kept"][number],
      ],
      drift: [{ field: "image", want: "a", have: "b" }],
      record: {
        service: "web",
        name: "api",
        spec: SPEC,
        desired: "running",
        observed: "running",
        observedAt: AT,
        containerId: "c1",
        imageDigest: "sha256:22",
        version: "v1.2.0",
        startedAt: AT,
        exitCode: undefined,
        oomKilled: false,
        health: "healthy",
        reason: "",
        deployment: 4,
        restarts: 2,
        flapping: false,
      },
    },
  ],
};

export const REPORT: OperationReport = {
  operation: {
    id: "op_1",
    kind: "deploy",
    service: "web",
    component: "",
    state: "partial",
    requestId: "r1",
    caller: "root",
    input: '{"secret":"undo"}',
    results: "[]",
    startedAt: AT,
    finishedAt: AT,
    error: "one failed",
  },
  steps: [
    {
      operationId: "op_1",
      number: 1,
      component: "api",
      name: "pull",
      state: "failed",
      data: '{"secret":1}',
      detail: "no",
      startedAt: AT,
      finishedAt: AT,
    },
  ],
  results: [
    {
      component: "api",
      ok: false,
      action: "failed",
      error: "no",
      hint: "try",
      version: "v1.2.0",
      imageDigest: "sha256:22",
      containerId: "c1",
      deployment: 4,
    },
  ],
};

export const RUNNING: OperationReport = {
  ...REPORT,
  operation: { ...REPORT.operation, state: "running", finishedAt: undefined },
  results: [],
};
export const EVENT = { id: 7, at: AT, service: "web", component: "api", kind: "state", from: "running", to: "exited", message: "it ended" };

const BEGUN: BegunOperation = { id: "op_1", finished: async () => REPORT };

/** An agent that answers each question in one way and notes what it was asked. */
export function fakeAgent(asked: unknown[]): Omit<AgentServiceDeps, "clock" | "ending"> {
  const answer =
    <T>(name: string, value: T) =>
    async (...args: readonly unknown[]): Promise<T> => {
      asked.push([name, ...args]);
      return value;
    };
  return {
    agentVersion: "1.2.3",
    certificateExpiresAt: () => AT,
    useCases: {
      deploys: {
        deploy: answer("deploy", BEGUN),
        plan: answer("plan", {
          token: "t1",
          components: [
            { component: "api", action: "replace-stop-first", diffs: [{ field: "image", want: "a", have: "b" }], reason: "port" },
          ],
        }),
        rollback: answer("rollback", BEGUN),
      },
      lifecycle: {
        stop: answer("stop", BEGUN),
        start: answer("start", BEGUN),
        restart: answer("restart", BEGUN),
        remove: answer("remove", BEGUN),
      },
      status: {
        list: answer("list", [VIEW]),
        live: answer("live", { services: [VIEW], runtimeError: "podman is away" }),
        drift: answer("drift", [{ service: "web", component: "api", desired: "running", observed: "exited", diffs: [], since: AT }]),
        events: answer("events", [EVENT]),
        async *watchEvents({ signal: _, ...query }) {
          asked.push(["watchEvents", query]);
          yield EVENT;
        },
        operation: answer("operation", RUNNING),
        operations: answer("operations", [REPORT]),
        async *watchOperation(id) {
          asked.push(["watchOperation", id]);
          yield { report: REPORT, step: REPORT.steps[0] };
          yield { report: REPORT, step: undefined };
        },
      },
      adoption: {
        sync: answer("sync", { results: [{ service: "web", change: "created", details: ["api: new"], error: "" }], ignored: ["stray"] }),
        adopt: answer("adopt", [{ container: "web-api", component: "api", desired: "stopped", error: "" }]),
        adoptOne: answer("adoptOne", { container: "x", component: "y", desired: "running", error: "" }),
      },
      node: {
        status: answer("status", {
          nodeName: "edge",
          runtime: { name: "podman", version: "4.3.1", driver: "libpod" },
          startedAt: AT,
          counts: { running: 1, stopped: 2, exited: 3, removed: 4, unknown: 5 },
          drained: false,
          problems: ["the clock is wrong"],
          diskFreeBytes: 1024,
          undeclared: ["by-hand"],
        }),
        drain: answer("drain", REPORT.results),
        snapshot: answer("snapshot", { path: "/srv/mcp/backups/a.db", size: 4096 }),
      },
    },
    files: {
      async push(head, content) {
        const bytes = Buffer.concat(await Array.fromAsync(content));
        asked.push(["push", head, bytes.toString()]);
        return { path: `/srv/${head.path}`, size: bytes.length, sha256: "ab" };
      },
      async pull(input) {
        const content = async function* () {
          yield Buffer.from("hello ");
          yield Buffer.from("world");
        };
        return { mode: 0o640, size: 11, modifiedAt: AT, content: content(), close: async () => void asked.push(["closed", input]) };
      },
    },
    logs: {
      async *follow({ signal: _, ...query }) {
        asked.push(["follow", query]);
        yield { stream: "stdout", data: Buffer.from("out"), containerId: "c1", droppedBytes: 0 };
        yield { stream: "stderr", data: Buffer.from("err"), containerId: "c2", droppedBytes: 9 };
      },
    },
    commands: {
      // The command says each word that it is told, and ends when its input does.
      async exec(at, { signal: _, ...options }) {
        asked.push(["exec", at, options]);
        const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
        const writer = writable.getWriter();
        const output = async function* () {
          for await (const data of readable) yield { stream: "stdout" as const, data };
        };
        return { output: output(), write: (data) => writer.write(data), closeInput: () => writer.close(), exitCode: Promise.resolve(7) };
      },
    },
  };
}
