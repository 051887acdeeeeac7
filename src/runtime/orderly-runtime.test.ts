import { expect, test } from "bun:test";
import { containerSpec } from "./fake/container-spec.fixture.ts";
import { FakeRuntime } from "./fake/fake-runtime.fixture.ts";
import { FaultyRuntime } from "./fake/faulty-runtime.fixture.ts";
import { OrderlyRuntime } from "./orderly-runtime.ts";

async function setup() {
  const fake = new FakeRuntime();
  fake.addImage("localhost/api:1");
  const faulty = new FaultyRuntime(fake);
  const runtime = new OrderlyRuntime(faulty);
  for (const name of ["web", "api"]) await runtime.create(containerSpec({ name, image: "localhost/api:1" }));
  return { fake, faulty, runtime };
}

test("changes of one container come one after another, and its neighbours and every read go on", async () => {
  const { faulty, runtime } = await setup();
  const release = faulty.hang("start", { name: "web" });
  const start = runtime.start("web");
  const rename = runtime.rename("web", "web.prev");
  await runtime.start("api");
  expect(await runtime.inspect("web")).toMatchObject({ state: "created" });
  expect(await runtime.list()).toHaveLength(2);
  expect(faulty.count("rename")).toBe(0);
  release();
  await Promise.all([start, rename]);
  expect(await runtime.inspect("web.prev")).toMatchObject({ state: "running" });
});

test("a kill does not wait behind the stop that it is to end", async () => {
  const { faulty, runtime } = await setup();
  await runtime.start("web");
  const release = faulty.hang("stop");
  const stop = runtime.stop("web", 60_000);
  await runtime.kill("web", "SIGKILL");
  expect(await runtime.inspect("web")).toMatchObject({ exitCode: 137 });
  release();
  await stop;
});

test("one image is pulled once for all who want it", async () => {
  const { fake, faulty, runtime } = await setup();
  fake.offer("registry.test/x:1");
  const release = faulty.hang("pull");
  const pulls = [runtime.pull("registry.test/x:1"), runtime.pull("registry.test/x:1")];
  release();
  await Promise.all(pulls);
  expect(faulty.count("pull")).toBe(1);
});
