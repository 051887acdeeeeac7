import { expect, test } from "bun:test";
import { chooseDriver } from "./choose-driver.ts";

const nothing = { podman: undefined, dockerSocket: undefined };
const both = { podman: "/usr/bin/podman", dockerSocket: "/run/docker.sock" };

test.each([
  ["auto", both, undefined, { kind: "own-service" }],
  ["auto", { ...both, podman: undefined }, undefined, { kind: "docker", socketPath: "/run/docker.sock" }],
  ["auto", nothing, undefined, { kind: "own-service" }],
  ["auto", both, "/run/podman/podman.sock", { kind: "libpod", socketPath: "/run/podman/podman.sock" }],
  ["libpod", nothing, undefined, { kind: "own-service" }],
  ["libpod", both, "/x.sock", { kind: "libpod", socketPath: "/x.sock" }],
  ["podman", both, undefined, { kind: "podman-cli" }],
  ["docker", nothing, undefined, { kind: "docker", socketPath: "/var/run/docker.sock" }],
  ["docker", both, "/x.sock", { kind: "docker", socketPath: "/x.sock" }],
] as const)("asked for %s with %j and the socket %s it is %j, and says why", (choice, found, socket, expected) => {
  const { why, ...chosen } = chooseDriver(choice, found, socket);
  expect(chosen).toEqual(expected);
  expect(why.length).toBeGreaterThan(10);
});
