import { isDeepStrictEqual } from "node:util";
import type { ServerToRun } from "./server-to-run.ts";

/** What brings the servers that run to those that should. */
export type HostAction =
  | { readonly kind: "start"; readonly server: ServerToRun }
  /** Another one takes its place: what is behind it is not what it was. */
  | { readonly kind: "replace"; readonly server: ServerToRun }
  /** It runs on; what does not touch its connection may be new. */
  | { readonly kind: "keep"; readonly server: ServerToRun }
  | { readonly kind: "stop"; readonly handle: string };

/** Compares by handle; one that was deleted and made anew under its old handle is another one. In the order of `next`, stops last. */
export function planHosts(running: Iterable<ServerToRun>, next: readonly ServerToRun[]): HostAction[] {
  const before = new Map([...running].map((server) => [server.handle, server]));
  const after = new Set(next.map(({ handle }) => handle));
  const kept = next.map((server): HostAction => {
    const known = before.get(server.handle);
    if (known === undefined) return { kind: "start", server };
    return { kind: hasSameConnection(known, server) ? "keep" : "replace", server };
  });
  const gone = [...before.keys()].filter((handle) => !after.has(handle));
  return [...kept, ...gone.map((handle): HostAction => ({ kind: "stop", handle }))];
}

function hasSameConnection(one: ServerToRun, other: ServerToRun): boolean {
  const same = ["backing", "secrets", "node"] as const;
  const spoken = one.policy.era === other.policy.era;
  return one.id === other.id && spoken && same.every((key) => isDeepStrictEqual(one[key], other[key]));
}
