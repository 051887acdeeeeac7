import { expect, test } from "bun:test";
import { containerSpec } from "./fake/container-spec.fixture.ts";
import { FakeRuntime } from "./fake/fake-runtime.fixture.ts";
import { FaultyRuntime } from "./fake/faulty-runtime.fixture.ts";
import { OrderlyRuntime } from "./orderly-runtime.ts";
import { portTaken, runtimeUnavailable } from "./runtime-errors.ts";

const web = containerSpec({ name: "web", image: "localhost/api:1" });

function setup() {
  const fake = new FakeRuntime();
  fake.addImage("localhost/api:1");
  const faulty = new FaultyRuntime(fake);
  return { fake, faulty, runtime: new OrderlyRuntime(faulty) };
}

const lost = runtimeUnavailable("the answer broke off");

test.each([true, false])("a change whose answer is lost is finished, where it was done (%s) and where it was not", async (done) => {
  const { fake, faulty, runtime } = setup();
  const lose = (call: "create" | "start" | "rename" | "stop" | "remove") => faulty.fail(call, lost, { times: 1, done });
  lose("create");
  const id = await runtime.create(web);
  lose("start");
  await runtime.start("web");
  lose("rename");
  await runtime.rename("web", "web.prev");
  expect(await runtime.inspect("web.prev")).toMatchObject({ id, state: "running" });
  lose("stop");
  await runtime.stop("web.prev", 1000);
  lose("remove");
  await runtime.remove("web.prev");
  expect(fake.names).toEqual([]);
});

test("a name that was taken before is not taken for the container that was asked for", async () => {
  const { faulty, runtime } = setup();
  await runtime.create(web);
  faulty.fail("create", lost, { times: 1 });
  await expect(runtime.create(web)).rejects.toMatchObject({ reason: "CONTAINER_NAME_TAKEN" });
});

test("what the engine refuses, and an engine that stays away, is not tried again and again", async () => {
  const { faulty, runtime } = setup();
  await runtime.create(web);
  faulty.fail("start", portTaken("web", "port 80"));
  await expect(runtime.start("web")).rejects.toMatchObject({ reason: "PORT_TAKEN" });
  expect(faulty.count("start")).toBe(1);
  const back = faulty.goAway();
  await expect(runtime.stop("web", 1000)).rejects.toMatchObject({ reason: "RUNTIME_UNAVAILABLE" });
  expect(faulty.count("stop")).toBe(3);
  back();
});
