import { expect, test } from "bun:test";
import { portTaken, pullFailed } from "../runtime-errors.ts";
import { containerSpec } from "./container-spec.fixture.ts";
import { FakeClock, FakeRuntime } from "./fake-runtime.fixture.ts";
import { FaultyRuntime } from "./faulty-runtime.fixture.ts";

function setup() {
  const clock = new FakeClock();
  const fake = new FakeRuntime({ clock });
  fake.addImage("localhost/api:1");
  return { clock, fake, runtime: new FaultyRuntime(fake) };
}

const web = containerSpec({ name: "web", image: "localhost/api:1" });

test("calls are counted by kind and name, and reads are no writes", async () => {
  const { runtime } = setup();
  await runtime.inspect("web");
  await runtime.list();
  expect(runtime.writes).toEqual([]);
  await runtime.create(web);
  await runtime.start("web");
  expect(runtime.writes).toEqual([
    { call: "create", name: "web" },
    { call: "start", name: "web" },
  ]);
  expect(runtime.count("inspect", "web")).toBe(1);
  expect(runtime.count("inspect", "api")).toBe(0);
});

test("a fault strikes the calls it is for, so often and after so many", async () => {
  const { runtime } = setup();
  await runtime.create(web);
  runtime.fail("start", portTaken("web", "port 80"), { name: "web", after: 1, times: 1 });
  await runtime.start("web");
  await expect(runtime.start("web")).rejects.toMatchObject({ reason: "PORT_TAKEN" });
  await runtime.start("web");
  runtime.fail("pull", pullFailed("x", "denied"));
  await expect(runtime.pull("x")).rejects.toMatchObject({ reason: "PULL_FAILED" });
});

test("an answer can be lost after the work was done", async () => {
  const { runtime, fake } = setup();
  runtime.fail("create", pullFailed("x", "lost"), { done: true });
  await expect(runtime.create(web)).rejects.toMatchObject({ reason: "PULL_FAILED" });
  expect(fake.names).toEqual(["web"]);
});

test("a call that hangs ends with its signal, and goes on when it is let go", async () => {
  const { runtime, fake } = setup();
  const release = runtime.hang("create");
  const abort = new AbortController();
  const hung = runtime.create(web, abort.signal);
  abort.abort();
  await expect(hung).rejects.toMatchObject({ code: "canceled" });
  const second = runtime.create(web);
  release();
  await second;
  expect(fake.names).toEqual(["web"]);
});

test("whoever dies at a write gets no answer any more, and the engine has done it or not", async () => {
  for (const [when, names] of [
    ["before", []],
    ["after", ["web"]],
  ] as const) {
    const { runtime, fake } = setup();
    const dead = runtime.dieAt(1, when);
    let answered = false;
    const answer = () => {
      answered = true;
    };
    void runtime.create(web).then(answer, answer);
    await dead;
    void runtime.inspect("web").then(answer, answer);
    await fake.list();
    expect(fake.names).toEqual(names);
    expect(answered).toBe(false);
    expect(runtime.isDead).toBe(true);
  }
});

test("events are lost, doubled and cut off, and since brings back what was missed", async () => {
  const { runtime, clock } = setup();
  const { signal } = new AbortController();
  runtime.deliverEvents(({ action }) => ({ create: 0, start: 2 })[action] ?? 1);
  const seen: string[] = [];
  const read = (async () => {
    for await (const event of runtime.events({ since: clock.now(), signal })) seen.push(event.action);
  })();
  await runtime.create(web);
  await runtime.start("web");
  await runtime.stop("web", 0);
  while (seen.length < 4) await Promise.resolve();
  expect(seen).toEqual(["start", "start", "died", "stop"]);
  runtime.cutEvents();
  await expect(read).rejects.toMatchObject({ reason: "RUNTIME_UNAVAILABLE" });
});

test("inspect can go on saying what was", async () => {
  const { runtime } = setup();
  await runtime.create(web);
  const thaw = await runtime.freezeInspect("web");
  await runtime.start("web");
  expect(await runtime.inspect("web")).toMatchObject({ state: "created" });
  thaw();
  expect(await runtime.inspect("web")).toMatchObject({ state: "running" });
});

test("an engine that is away fails every call until it is back", async () => {
  const { runtime } = setup();
  const back = runtime.goAway();
  await expect(runtime.list()).rejects.toMatchObject({ reason: "RUNTIME_UNAVAILABLE" });
  back();
  expect(await runtime.list()).toEqual([]);
});
