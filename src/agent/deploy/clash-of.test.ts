import { expect, test } from "bun:test";
import type { ContainerMount, ContainerPort } from "../../runtime/runtime.ts";
import { clashOf } from "./clash-of.ts";

const port = (hostPort: number, more: Partial<ContainerPort> = {}): ContainerPort => ({
  hostAddress: "127.0.0.1",
  hostPort,
  containerPort: 80,
  protocol: "tcp",
  ...more,
});
const mount = (source: string, readOnly: boolean): ContainerMount => ({ kind: "bind", source, target: "/x", readOnly });

test.each([
  ["the same port", port(80), port(80), "port"],
  ["the same port at every address", port(80), port(80, { hostAddress: "0.0.0.0" }), "port"],
  ["the same port at two addresses", port(80), port(80, { hostAddress: "10.0.0.1" }), undefined],
  ["the same port of two protocols", port(80), port(80, { protocol: "udp" }), undefined],
  ["two ports", port(80), port(81), undefined],
  ["any free port", port(0), port(0), undefined],
])("%s", (_, one, other, kind) => {
  expect(clashOf({ ports: [one], mounts: [] }, { ports: [other], mounts: [] })?.kind).toBe(kind as "port" | undefined);
});

test.each([
  [false, false, "volume"],
  [false, true, "volume"],
  [true, false, "volume"],
  [true, true, undefined],
])("one volume, read-only %s and %s", (one, other, kind) => {
  const clash = clashOf({ ports: [], mounts: [mount("/a", one)] }, { ports: [], mounts: [mount("/a", other), mount("/b", false)] });
  expect(clash?.kind).toBe(kind as "volume" | undefined);
});
