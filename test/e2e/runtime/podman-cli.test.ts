import { tmpdir } from "node:os";
import { PodmanCliRuntime } from "../../../src/runtime/podman-cli/podman-cli-runtime.ts";
import { runtimeContract } from "../../../src/runtime/runtime.contract.ts";
import { podmanScratch } from "../../support/podman/podman-scratch.ts";
import { requiresPodman } from "../../support/podman/run-podman.ts";

const scratch = podmanScratch();

runtimeContract("podman-cli", requiresPodman, async () => {
  const env = { PATH: process.env.PATH ?? "", HOME: process.env.HOME ?? "/root" };
  const runtime = new PodmanCliRuntime({ program: "podman", env, folder: tmpdir() });
  return { runtime, image: await scratch.serverImage(), prefix: scratch.prefix };
});
