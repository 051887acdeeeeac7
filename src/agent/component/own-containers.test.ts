import { expect, test } from "bun:test";
import { containerSpec } from "../../runtime/fake/container-spec.fixture.ts";
import { FakeRuntime } from "../../runtime/fake/fake-runtime.fixture.ts";
import { LABELS } from "./labels.ts";
import { ownContainers } from "./own-containers.ts";

const US = { node: "here", agent: "us" };

async function setup() {
  const runtime = new FakeRuntime();
  runtime.addImage("localhost/api:v1");
  const run = async (name: string, labels: Readonly<Record<string, string>> = {}) => {
    await runtime.create(containerSpec({ name, image: "localhost/api:v1", labels }));
    await runtime.start(name);
  };
  return { runtime, run, own: ownContainers(runtime, US) };
}

const madeBy = (agent: string | undefined, node = "here") => ({
  [LABELS.managed]: "true",
  [LABELS.node]: node,
  ...(agent === undefined ? {} : { [LABELS.agent]: agent }),
});

test("what another agent has made is not there; what is ours, nobody's or from before there were ids is", async () => {
  const { own, run } = await setup();
  await run("ours", madeBy("us"));
  await run("older", madeBy(undefined));
  await run("strangers");
  await run("theirs", madeBy("them"));
  await run("elsewhere", madeBy("us", "there"));
  expect((await own.list()).map(({ name }) => name).sort()).toEqual(["older", "ours", "strangers"]);
  const isThere = async (name: string) => (await own.inspect(name)) !== undefined;
  expect(await Promise.all(["ours", "older", "strangers", "theirs", "elsewhere"].map(isThere))).toEqual([true, true, true, false, false]);
});

test("no command runs in another agent's container", async () => {
  const { own, run } = await setup();
  await run("theirs", madeBy("them"));
  await expect(own.exec("theirs", { command: ["id"] } as never)).rejects.toMatchObject({ reason: "CONTAINER_NOT_FOUND" });
});

test("events of another agent's containers wake nobody", async () => {
  const { own, run } = await setup();
  const stop = new AbortController();
  const heard: string[] = [];
  const done = (async () => {
    for await (const { containerName, action } of own.events({ signal: stop.signal })) {
      heard.push(containerName);
      if (containerName === "ours" && action === "start") stop.abort();
    }
  })().catch(() => {});
  await new Promise(setImmediate);
  await run("theirs", madeBy("them"));
  await run("ours", madeBy("us"));
  await done;
  expect([...new Set(heard)]).toEqual(["ours"]);
});
