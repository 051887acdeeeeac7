import { afterAll, expect } from "bun:test";
import { DockerRuntime } from "../../../src/runtime/docker/docker-runtime.ts";
import { runtimeContract } from "../../../src/runtime/runtime.contract.ts";
import { openPodmanApi } from "../../support/podman/podman-api.ts";
import { podmanScratch } from "../../support/podman/podman-scratch.ts";
import { requiresPodman } from "../../support/podman/run-podman.ts";

const api = openPodmanApi();
const scratch = podmanScratch();
let runtime: DockerRuntime | undefined;
afterAll(() => runtime?.close());

/**
 * podman's imitation of Docker names each capability that was dropped, and puts some tmpfs of its own on a read-only container.
 */
const SHOWN_BY_PODMAN = {
  capAdd: [],
  capDrop: expect.arrayContaining(["CHOWN", "NET_RAW", "SETUID"]),
  tmpfs: expect.arrayContaining([{ target: "/tmp", options: ["size=16m", "mode=1777"] }]),
};

// Against podman's imitation of Docker's API.
runtimeContract("docker", requiresPodman, async () => {
  runtime ??= new DockerRuntime(await api.socket());
  return { runtime, image: await scratch.serverImage(), prefix: scratch.prefix, shows: SHOWN_BY_PODMAN };
});
