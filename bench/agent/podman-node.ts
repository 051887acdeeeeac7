import { existsSync } from "node:fs";
import { join } from "node:path";
import { openSqliteRegistry } from "../../src/agent/registry/sqlite/sqlite-registry.ts";
import { LibpodRuntime } from "../../src/runtime/libpod/libpod-runtime.ts";
import type { Runtime } from "../../src/runtime/runtime.ts";
import { buildProgramImage } from "../../test/support/podman/build-server-image.ts";
import { podman, tryPodman } from "../../test/support/podman/run-podman.ts";
import { startChild } from "../gateway/machine/child-process.ts";
import { findProgram } from "../gateway/machine/find-program.ts";
import type { ReleaseStack } from "../gateway/machine/release-stack.ts";
import { waitForStart } from "../gateway/machine/wait-for-start.ts";
import { benchEngine, deployWhole, serviceOf } from "./bench-engine.ts";

/** podman as the bench uses it: a service of its own, and an image that sleeps. */
export interface PodmanNode {
  readonly runtime: Runtime;
  readonly image: string;
}

export interface PodmanNodeOptions {
  /** A name and a prefix: everything that the bench makes in podman begins with it, and goes by it. */
  readonly node: string;
  readonly folder: string;
  readonly releases: ReleaseStack;
  readonly signal: AbortSignal;
}

/** Services have few components, since an operation holds a whole service. */
const EACH_SERVICE = 5;
const AT_ONCE = 2;

export async function openPodmanNode({ node, folder, releases, signal }: PodmanNodeOptions): Promise<PodmanNode> {
  const program = findProgram("sleep");
  if (program === undefined) throw new Error("there is no program sleep to make an image of");
  const image = `localhost/${node}/sleep:v1`;
  releases.push(() => removeImages(node));
  await buildProgramImage(image, program, ["infinity"]);
  const socket = join(folder, "podman.sock");
  const child = startChild(["podman", "system", "service", "--time=0", `unix://${socket}`], {
    logFile: join(folder, "podman.log"),
    env: { PATH: process.env.PATH, HOME: process.env.HOME, XDG_RUNTIME_DIR: process.env.XDG_RUNTIME_DIR },
  });
  releases.push(() => child.stop());
  const runtime = new LibpodRuntime(socket);
  releases.push(() => runtime.close());
  const answers = () =>
    runtime.version().then(
      () => true,
      () => false,
    );
  await waitForStart("podman's service", child, async () => existsSync(socket) && (await answers()), signal);
  releases.push(() => removeContainers(runtime, node));
  return { runtime, image };
}

export interface Filled {
  readonly service: string;
  readonly component: string;
  readonly container: string;
}

/** Deploys so many components as an agent would, and writes its registry to the file. */
export async function fillPodmanNode(
  { runtime, image }: PodmanNode,
  {
    node,
    components,
    registryFile,
    signal,
  }: { readonly node: string; readonly components: number; readonly registryFile: string; readonly signal: AbortSignal },
): Promise<readonly Filled[]> {
  const registry = openSqliteRegistry(":memory:");
  const engine = await benchEngine({ registry, runtime, node });
  try {
    const names = Array.from({ length: components }, (_, at) => `c${at}`);
    const services = Array.from({ length: Math.ceil(components / EACH_SERVICE) }, (_, at) => ({
      service: `${node}-s${at}`,
      own: names.slice(at * EACH_SERVICE, (at + 1) * EACH_SERVICE),
    }));
    const left = services.values();
    const work = async () => {
      for (const { service, own } of left) {
        signal.throwIfAborted();
        await deployWhole(
          engine,
          serviceOf(
            node,
            service,
            own.map((name) => ({ name, image })),
          ),
        );
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    await registry.copyTo(registryFile);
    return services.flatMap(({ service, own }) => own.map((component) => ({ service, component, container: `${service}-${component}` })));
  } finally {
    await engine.close();
    await registry.close();
  }
}

async function removeContainers(runtime: Runtime, node: string): Promise<void> {
  for (const { name } of await runtime.list()) if (name.startsWith(`${node}-`)) await runtime.remove(name);
}

/** The image, and the tags under which deployments of it are kept. */
async function removeImages(node: string): Promise<void> {
  const references = (await podman("images", "--format", "{{.Repository}}:{{.Tag}}")).split("\n");
  const own = references.filter((each) => each.startsWith(`localhost/${node}/`) || each.startsWith(`localhost/mcpctl/kept/${node}-`));
  // With its layers, when the last of its names goes.
  if (own.length > 0) await tryPodman("rmi", "--force", ...own);
}
