import { expect, test } from "bun:test";
import type { LogChunk } from "../../runtime/runtime.ts";
import type { Healthcheck, Probe } from "../../service-definition/service-definition.ts";
import { containerInfo } from "./container-info.fixture.ts";
import { createProber } from "./layered-prober.ts";
import type { ProbePorts } from "./probe-ports.ts";

const HANG = () => new Promise<never>(() => {});

function check(probe: Probe, timeoutMs = 5000): Healthcheck {
  return { probe, intervalMs: 1000, timeoutMs, retries: 3, deadlineMs: 5000 };
}

function setup(change: Partial<ProbePorts> = {}) {
  const asked: string[] = [];
  const ports: ProbePorts = {
    dial: async ({ host, port }) => {
      asked.push(`dial ${host}:${port}`);
      return { ok: true, detail: "takes connections" };
    },
    askHttp: async (url) => {
      asked.push(`http ${url}`);
      return { ok: true, detail: "HTTP 200" };
    },
    askMcp: async (url) => {
      asked.push(`mcp ${url}`);
      return { ok: true, detail: "speaks MCP" };
    },
    runtime: { exec: () => Promise.reject(new Error("no exec here")) },
    ...change,
  };
  return { asked, prober: createProber(ports) };
}

const MCP = check({ kind: "mcp", path: "/mcp", port: 8080 });

test("the process, then its port, then what answers behind it", async () => {
  const { asked, prober } = setup({ isProcessAlive: (pid) => pid === 100 });
  expect(await prober.probe(containerInfo({ addresses: ["10.88.0.2"] }), MCP)).toEqual({ ok: true, detail: "speaks MCP" });
  expect(asked).toEqual(["dial 10.88.0.2:8080", "mcp http://10.88.0.2:8080/mcp"]);
});

test.each([
  [{ state: "exited", exitCode: 0 }, "it exited with code 0"],
  [{ state: "exited", exitCode: 1 }, "it exited with code 1"],
  [{ state: "exited", exitCode: 137 }, "it was ended by signal 9 (exit code 137)"],
  [{ state: "exited", exitCode: 137, oomKilled: true }, "it was killed for want of memory (exit code 137)"],
  [{ state: "exited", exitCode: 137, spec: { memoryBytes: 1 } }, "it was ended by signal 9, maybe for its memory limit (exit code 137)"],
  [{ state: "exited", exitCode: undefined }, "it ended, and the engine does not know how"],
  [{ state: "paused" }, "it is paused"],
  [{ state: "created" }, "it was made and not started yet"],
  [{ state: "unknown" }, "the engine does not know its state"],
  [{ state: "running", pid: 7 }, "its process 7 is gone"],
] as const)("a container whose process does not run fails there: %#", async (change, reason) => {
  const { asked, prober } = setup({ isProcessAlive: (pid) => pid !== 7 });
  expect(await prober.probe(containerInfo(change), MCP)).toEqual({ ok: false, layer: "process", reason });
  expect(asked).toEqual([]);
});

test("without a health check the process is all that is looked at", async () => {
  const { asked, prober } = setup();
  expect(await prober.probe(containerInfo(), undefined)).toEqual({ ok: true, detail: "its process runs" });
  expect(asked).toEqual([]);
});

test("a closed port fails there, and nobody is asked behind it", async () => {
  const { asked, prober } = setup({ dial: async () => ({ ok: false, reason: "nothing listens there" }) });
  expect(await prober.probe(containerInfo(), MCP)).toEqual({ ok: false, layer: "port", reason: "nothing listens there" });
  expect(asked).toEqual([]);
});

test("a server that does not answer is told with its reason", async () => {
  const { prober } = setup({ askHttp: async () => ({ ok: false, reason: "HTTP 503 to GET /" }) });
  const verdict = await prober.probe(containerInfo(), check({ kind: "http", path: "/", port: 80 }));
  expect(verdict).toEqual({ ok: false, layer: "answer", reason: "HTTP 503 to GET /" });
});

test("tcp asks no more than the port", async () => {
  const { asked, prober } = setup();
  expect((await prober.probe(containerInfo(), check({ kind: "tcp", port: 6379 }))).ok).toBe(true);
  expect(asked).toEqual(["dial 127.0.0.1:6379"]);
});

test("the time limit holds for the whole look, and tells the layer that was silent", async () => {
  const atPort = setup({ dial: HANG }).prober.probe(containerInfo(), check(MCP.probe, 5));
  expect(await atPort).toEqual({ ok: false, layer: "port", reason: "its port took no connection within 5 ms" });
  const behind = setup({ askMcp: HANG }).prober.probe(containerInfo(), check(MCP.probe, 5));
  expect(await behind).toEqual({ ok: false, layer: "answer", reason: "it did not answer within 5 ms" });
});

test("an answer stands, even where what the look left behind cannot be given back in time", async () => {
  const { prober } = setup({ askMcp: async () => ({ ok: true, detail: "speaks MCP", release: HANG }) });
  expect(await prober.probe(containerInfo(), check(MCP.probe, 5))).toEqual({ ok: true, detail: "speaks MCP" });
});

test("the caller's signal ends it, and is the only thing it throws for", async () => {
  const caller = new AbortController();
  const { prober } = setup({
    dial: () => {
      caller.abort(new Error("stopped"));
      return HANG();
    },
  });
  await expect(prober.probe(containerInfo(), MCP, caller.signal)).rejects.toThrow("stopped");
  const broken = setup({ dial: () => Promise.reject(new Error("no more sockets")) });
  expect(await broken.prober.probe(containerInfo(), MCP)).toEqual({ ok: false, layer: "port", reason: "no more sockets" });
});

test("a container without an address is asked where its port is published, and one with neither fails at the port", async () => {
  const published = { hostAddress: "0.0.0.0", hostPort: 9000, containerPort: 8080, protocol: "tcp" } as const;
  const { asked, prober } = setup();
  await prober.probe(containerInfo({ addresses: [], spec: { ports: [published] } }), MCP);
  expect(asked).toEqual(["dial 127.0.0.1:9000", "mcp http://127.0.0.1:9000/mcp"]);
  const nowhere = await prober.probe(containerInfo({ addresses: [] }), MCP);
  expect(nowhere).toMatchObject({ ok: false, layer: "port", reason: expect.stringContaining("leads nowhere") });
});

test("an IPv6 address stands in brackets", async () => {
  const { asked, prober } = setup();
  await prober.probe(containerInfo({ addresses: ["fd00::2"] }), check({ kind: "http", path: "health", port: 80 }));
  expect(asked).toEqual(["dial fd00::2:80", "http http://[fd00::2]:80/health"]);
});

test("a command is good with exit code 0, and else told with what it said last", async () => {
  const say = async function* (...texts: string[]): AsyncGenerator<LogChunk> {
    for (const text of texts) yield { stream: "stderr", data: new TextEncoder().encode(text) };
  };
  const run = (exitCode: number, ...texts: string[]) =>
    setup({
      runtime: {
        exec: async (name, { command }) => {
          expect([name, ...command]).toEqual(["ha", "/check", "--deep"]);
          return { output: say(...texts), write: async () => {}, closeInput: async () => {}, exitCode: Promise.resolve(exitCode) };
        },
      },
    }).prober.probe(containerInfo({ addresses: [] }), check({ kind: "exec", command: ["/check", "--deep"] }));
  expect(await run(0)).toEqual({ ok: true, detail: "/check exited with code 0" });
  expect(await run(3, "x".repeat(100_000), " no disk\n")).toMatchObject({
    ok: false,
    layer: "answer",
    reason: expect.stringMatching(/^\/check exited with code 3: x{1,200}…?/),
  });
  expect(await run(1, "no disk\n")).toMatchObject({ reason: "/check exited with code 1: no disk" });
});
