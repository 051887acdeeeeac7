import { expect, test } from "bun:test";
import { containerSpec } from "../../runtime/fake/container-spec.fixture.ts";
import { FakeClock, FakeRuntime } from "../../runtime/fake/fake-runtime.fixture.ts";
import { registryFixture, serviceFixture } from "../registry/registry.fixture.ts";
import { ComponentCommands } from "./component-commands.ts";
import { ComponentLogs, type ComponentLogsQuery } from "./component-logs.ts";

const IMAGE = "localhost/api:v1";

async function setup() {
  const clock = new FakeClock();
  const runtime = new FakeRuntime({ clock });
  const registry = registryFixture();
  await registry.saveService(serviceFixture(), clock.now());
  runtime.addImage(IMAGE);
  const run = async (name: string) => {
    await runtime.create(containerSpec({ name, image: IMAGE }));
    await runtime.start(name);
  };
  const logs = new ComponentLogs({ runtime, registry, lookMs: 1, patienceMs: 1 });
  const stop = new AbortController();
  const follow = (query: Partial<ComponentLogsQuery> = {}) =>
    logs.follow({ service: "web", component: "api", follow: true, timestamps: false, signal: stop.signal, ...query });
  return { clock, runtime, registry, run, logs, follow, stop };
}

async function next(output: AsyncGenerator<{ readonly data: Uint8Array; readonly containerId: string }>) {
  const { value } = await output.next();
  return { text: Buffer.from(value?.data ?? []).toString(), id: value?.containerId };
}

test("a follower is taken along from a container to the one that replaces it, and hears that one from its beginning", async () => {
  const { runtime, run, follow, stop } = await setup();
  await run("web-api");
  runtime.print("web-api", "old 1\n");
  const output = follow();
  const first = await next(output);
  expect(first.text).toBe("old 1\n");
  // As a start-first deploy does: the new one writes while the old one still serves.
  await run("web-api.next");
  runtime.print("web-api.next", "new 1\n");
  await runtime.rename("web-api", "web-api.prev");
  await runtime.rename("web-api.next", "web-api");
  runtime.print("web-api.prev", "old 2\n");
  expect(await next(output)).toEqual({ text: "old 2\n", id: first.id });
  await runtime.stop("web-api.prev", 0);
  const second = await next(output);
  expect([second.text, second.id === first.id]).toEqual(["new 1\n", false]);
  stop.abort();
  expect((await output.next()).done).toBe(true);
});

test("a follower of a container that is started again hears what it writes then, and nothing twice", async () => {
  const { clock, runtime, run, follow, stop } = await setup();
  await run("web-api");
  runtime.print("web-api", "1\n");
  const output = follow();
  expect((await next(output)).text).toBe("1\n");
  runtime.exit("web-api", 1);
  clock.advance(1000);
  await runtime.start("web-api");
  runtime.print("web-api", "2\n");
  expect((await next(output)).text).toBe("2\n");
  stop.abort();
  expect((await output.next()).done).toBe(true);
});

test("a follower is taken along, too, where the engine does not end the stream of a container that has ended", async () => {
  const { runtime, run, follow, stop } = await setup();
  await run("web-api");
  runtime.leaveLogsOpen("web-api");
  runtime.print("web-api", "old\n");
  const output = follow();
  expect((await next(output)).text).toBe("old\n");
  await runtime.stop("web-api", 0);
  await runtime.rename("web-api", "web-api.d1");
  await run("web-api");
  runtime.print("web-api", "new\n");
  expect((await next(output)).text).toBe("new\n");
  stop.abort();
  expect((await output.next()).done).toBe(true);
});

test("a follower may come before the container, who does not follow is told that there is none", async () => {
  const { runtime, run, follow, stop } = await setup();
  await expect(follow({ follow: false }).next()).rejects.toMatchObject({ code: "not_found", reason: "CONTAINER_NOT_FOUND" });
  const output = follow();
  const early = next(output);
  await run("web-api");
  runtime.print("web-api", "hello\n");
  expect((await early).text).toBe("hello\n");
  stop.abort();
});

test("who does not follow gets what is there, the last lines where that is asked for, and the end", async () => {
  const { runtime, run, follow } = await setup();
  await run("web-api");
  for (const line of ["1", "2", "3"]) runtime.print("web-api", line);
  const texts = async (query: Partial<ComponentLogsQuery>) =>
    (await Array.fromAsync(follow({ follow: false, ...query }))).map(({ data }) => Buffer.from(data).toString());
  expect(await texts({})).toEqual(["1", "2", "3"]);
  expect(await texts({ tail: 1 })).toEqual(["3"]);
});

test("logs and commands are those of components of this node alone", async () => {
  const { runtime, registry, run, follow } = await setup();
  await run("foreign");
  await run("web-api");
  await expect(follow({ service: "foreign", component: "foreign" }).next()).rejects.toMatchObject({ reason: "SERVICE_NOT_FOUND" });
  await expect(follow({ component: "db" }).next()).rejects.toMatchObject({ reason: "COMPONENT_NOT_FOUND" });
  const commands = new ComponentCommands({ runtime, registry });
  const options = { command: ["id"], tty: false, stdin: false, signal: new AbortController().signal };
  runtime.onExec("web-api", () => ({ exitCode: 3 }));
  expect(await (await commands.exec({ service: "web", component: "api" }, options)).exitCode).toBe(3);
  await expect(commands.exec({ service: "foreign", component: "foreign" }, options)).rejects.toMatchObject({ reason: "SERVICE_NOT_FOUND" });
});
