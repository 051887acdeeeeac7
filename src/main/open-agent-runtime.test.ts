import { expect, test } from "bun:test";
import { chooseEngine } from "./open-agent-runtime.ts";

const env = { PATH: "/nowhere" };

test.each([
  ["auto", undefined, "own-service"],
  ["podman", undefined, "own-service"],
  ["podman", "/run/p.sock", "libpod"],
  ["podman-cli", undefined, "podman-cli"],
  ["docker", "/run/d.sock", "docker"],
] as const)("container_runtime = %p with the socket %p is %p", (kind, socket, expected) => {
  const chosen = chooseEngine({ kind, socket, env });
  // Docker may listen on this machine.
  expect(kind === "auto" ? [expected, "docker"] : [expected]).toContain(chosen.kind);
  if (socket !== undefined) expect(chosen).toMatchObject({ socketPath: socket });
});
