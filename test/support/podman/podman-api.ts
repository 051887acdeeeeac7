import { afterAll } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { waitUntil } from "../../e2e/support/wait-until.ts";

/** podman's API service on a socket of the test file's own; started at the first call and stopped when its tests are over. */
export function openPodmanApi(): { socket(): Promise<string> } {
  let started: Promise<{ readonly socket: string; readonly stop: () => Promise<void> }> | undefined;
  afterAll(async () => (await started)?.stop());
  return {
    socket: async () => {
      started ??= start();
      return (await started).socket;
    },
  };
}

async function start(): Promise<{ readonly socket: string; readonly stop: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "mcpctl-podman-"));
  const socket = join(folder, "podman.sock");
  const command = ["podman", "system", "service", "--time=0", `unix://${socket}`];
  // The monitor of a container that was killed for memory leaves a file "oom" in the folder that podman was started in.
  const child = Bun.spawn(command, { cwd: folder, stdio: ["ignore", "ignore", "ignore"] });
  await waitUntil("podman's service answers", () =>
    fetch("http://podman/_ping", { unix: socket }).then(
      ({ ok }) => ok,
      () => false,
    ),
  );
  return {
    socket,
    stop: async () => {
      child.kill();
      await child.exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
