import { afterAll } from "bun:test";
import { LibpodRuntime } from "../../../src/runtime/libpod/libpod-runtime.ts";
import { runtimeContract } from "../../../src/runtime/runtime.contract.ts";
import { openPodmanApi } from "../../support/podman/podman-api.ts";
import { podmanScratch } from "../../support/podman/podman-scratch.ts";
import { requiresPodman } from "../../support/podman/run-podman.ts";

const api = openPodmanApi();
const scratch = podmanScratch();
let runtime: LibpodRuntime | undefined;
afterAll(() => runtime?.close());

runtimeContract("libpod", requiresPodman, async () => {
  runtime ??= new LibpodRuntime(await api.socket());
  return { runtime, image: await scratch.serverImage(), prefix: scratch.prefix };
});
