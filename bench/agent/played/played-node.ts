import { openSqliteRegistry } from "../../../src/agent/registry/sqlite/sqlite-registry.ts";
import { FakeRuntime } from "../../../src/runtime/fake/fake-runtime.fixture.ts";
import type { ContainerInfo } from "../../../src/runtime/runtime.ts";
import { benchEngine, deployWhole, serviceOf } from "../bench-engine.ts";
import { PLAYED_IMAGE } from "./played-podman.ts";
import recorded from "./podman-answers.json";

const IMAGE = recorded.inspect.ImageName;
const EACH_SERVICE = 10;

/** Writes the registry of a node whose components were all deployed; resolves with their containers. */
export async function playNode(registryFile: string, node: string, components: number): Promise<readonly ContainerInfo[]> {
  const runtime = new FakeRuntime();
  runtime.addImage(IMAGE, PLAYED_IMAGE);
  // In memory, since a thousand deploys on a disk take their time.
  const registry = openSqliteRegistry(":memory:");
  const engine = await benchEngine({ registry, runtime, node });
  for (let from = 0; from < components; from += EACH_SERVICE) {
    const length = Math.min(EACH_SERVICE, components - from);
    const wanted = Array.from({ length }, (_, at) => ({ name: `c${at}`, image: IMAGE }));
    await deployWhole(engine, serviceOf(node, `service-${from / EACH_SERVICE}`, wanted));
  }
  await registry.copyTo(registryFile);
  await engine.close();
  await registry.close();
  const found = await Promise.all(runtime.names.map((name) => runtime.inspect(name)));
  return found.filter((each) => each !== undefined).map((each) => ({ ...each, labels: { ...PLAYED_IMAGE.labels, ...each.labels } }));
}
