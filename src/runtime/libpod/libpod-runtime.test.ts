import { afterEach, expect, test } from "bun:test";
import type { Socket } from "node:net";
import { openRawEngine, type RawEngine, reply } from "../engine-http/raw-engine.fixture.ts";
import { PODMAN_4 } from "../podman-json/podman-4.fixture.ts";
import { LibpodRuntime } from "./libpod-runtime.ts";

let engine: RawEngine | undefined;
let runtime: LibpodRuntime | undefined;

afterEach(async () => {
  await runtime?.close();
  await engine?.close();
});

async function setup(answer: (line: string, socket: Socket) => void) {
  engine = await openRawEngine((head, socket) => answer(head.split("\r\n")[0] ?? "", socket));
  runtime = new LibpodRuntime(engine.socketPath);
  return { engine, runtime };
}

const chunked = (...lines: readonly object[]) => {
  const chunks = lines.map((line) => `${JSON.stringify(line)}\n`).map((text) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`);
  return `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunks.join("")}`;
};

test.each([
  ["denied", "reading manifest 1: unauthorized: authentication required"],
  ["too many requests", "toomanyrequests: You have reached your pull rate limit"],
  ["a wrong digest", "Digest did not match, expected sha256:aa, got sha256:bb"],
  ["a layer cut short", "writing blob: unexpected EOF"],
])("a pull that fails within an answer of 200 fails: %s", async (_, error) => {
  const { runtime } = await setup((__, socket) => void socket.write(`${chunked({ stream: "Trying to pull" }, { error })}0\r\n\r\n`));
  await expect(runtime.pull("registry.test/api:1")).rejects.toMatchObject({
    reason: "PULL_FAILED",
    message: expect.stringContaining(error),
  });
});

test("a pull for which there is no space says that", async () => {
  const error = "writing blob: storing blob: write /var/tmp/x: no space left on device";
  const { runtime } = await setup((_, socket) => void socket.write(`${chunked({ error })}0\r\n\r\n`));
  await expect(runtime.pull("registry.test/api:1")).rejects.toMatchObject({ code: "exhausted", reason: "DISK_FULL" });
});

test("a pull whose stream ends without a result, or breaks off, has failed", async () => {
  const whole = await setup((_, socket) => void socket.write(`${chunked({ stream: "Copying blob" })}0\r\n\r\n`));
  await expect(whole.runtime.pull("registry.test/api:1")).rejects.toMatchObject({ reason: "PULL_FAILED" });
  await whole.runtime.close();
  await whole.engine.close();
  const cut = await setup((_, socket) => void socket.end(chunked({ stream: "Copying blob" })));
  await expect(cut.runtime.pull("registry.test/api:1")).rejects.toMatchObject({ reason: "RUNTIME_UNAVAILABLE" });
});

test("a pull that is done says how it went, and a slow one ends with its signal", async () => {
  const said: string[] = [];
  const done = await setup(
    (_, socket) => void socket.write(`${chunked({ stream: "Copying blob\n" }, { images: ["ab"], id: "ab" })}0\r\n\r\n`),
  );
  await done.runtime.pull("registry.test/api:1", { onProgress: (line) => said.push(line) });
  expect(said).toEqual(["Copying blob"]);
  await done.runtime.close();
  await done.engine.close();
  const slow = await setup((_, socket) => void socket.write(chunked({ stream: "Copying blob" })));
  const abort = new AbortController();
  const pull = slow.runtime.pull("registry.test/api:1", { signal: abort.signal, onProgress: () => abort.abort() });
  await expect(pull).rejects.toMatchObject({ code: "canceled" });
});

test("one container that hangs keeps nobody from looking at the others", async () => {
  const { runtime } = await setup(
    (line, socket) => void (line.includes("/api/json") && socket.write(reply(200, JSON.stringify(PODMAN_4)))),
  );
  const abort = new AbortController();
  const list = runtime.list({ signal: abort.signal });
  const hung = [runtime.inspect("stuck", abort.signal), runtime.start("stuck", abort.signal)];
  expect(await runtime.inspect("api")).toMatchObject({ name: "api" });
  abort.abort();
  for (const each of await Promise.allSettled([list, ...hung])) expect(each).toMatchObject({ reason: { code: "canceled" } });
});

test("a stream of events that ends is a failure unless its reader wanted that", async () => {
  const event = { Type: "container", Action: "start", Actor: { ID: "a", Attributes: { name: "api" } }, time: 5, timeNano: 5e9 };
  const { runtime } = await setup((_, socket) => void socket.write(`${chunked(event)}0\r\n\r\n`));
  const seen: string[] = [];
  const read = async (signal: AbortSignal) => {
    for await (const { containerName } of runtime.events({ signal })) seen.push(containerName);
  };
  await expect(read(new AbortController().signal)).rejects.toMatchObject({ reason: "RUNTIME_UNAVAILABLE" });
  await read(AbortSignal.abort());
  expect(seen).toEqual(["api"]);
});

test("events before the time that was asked for are left out", async () => {
  const event = (name: string, timeNano: number) => ({
    Type: "container",
    Action: "start",
    Actor: { ID: "a", Attributes: { name } },
    timeNano,
  });
  const { engine, runtime } = await setup(
    (_, socket) => void socket.write(`${chunked(event("old", 5.1e9), event("new", 5.6e9))}0\r\n\r\n`),
  );
  const seen: string[] = [];
  const read = async () => {
    for await (const { containerName } of runtime.events({ since: new Date(5500), signal: new AbortController().signal }))
      seen.push(containerName);
  };
  await read().catch(() => {});
  expect(seen).toEqual(["new"]);
  expect(engine.requests[0]).toContain("since=5&");
});

test("a removal that failed within its answer of 200 has failed", async () => {
  const { runtime } = await setup((line, socket) => {
    const body = line.startsWith("DELETE") ? [{ Id: "a", Err: {} }] : PODMAN_4;
    socket.write(reply(200, JSON.stringify(body)));
  });
  await expect(runtime.remove("api")).rejects.toMatchObject({ reason: "RUNTIME_FAILED" });
});

test("one that the first try only stops is removed by the second", async () => {
  let tries = 0;
  const wrong = { cause: "container state improper", message: "sending SIGKILL: container state improper: stopped" };
  const { runtime } = await setup((_, socket) => {
    tries += 1;
    socket.write(tries === 1 ? reply(500, JSON.stringify(wrong)) : reply(200, "[]"));
  });
  await runtime.remove("api");
  expect(tries).toBe(2);
});

test("a name that is no name never becomes another path", async () => {
  const { engine, runtime } = await setup((_, socket) => void socket.write(reply(200, "[]")));
  for (const name of ["", "..", "a/b", "a?force=true", "../images/x"]) {
    await expect(runtime.start(name)).rejects.toMatchObject({ reason: "CONTAINER_NOT_FOUND" });
    expect(await runtime.inspect(name)).toBeUndefined();
  }
  for (const image of ["", "../containers/x", "a?b", "a b", "-x"]) {
    expect(await runtime.image(image)).toBeUndefined();
    await expect(runtime.pull(image)).rejects.toMatchObject({ reason: "PULL_FAILED" });
  }
  expect(engine.requests).toEqual([]);
});

test("what answers and is not podman is not taken for it", async () => {
  const { runtime } = await setup((_, socket) => void socket.write(reply(200, "OK")));
  await expect(runtime.version()).rejects.toMatchObject({ reason: "RUNTIME_UNAVAILABLE" });
});
