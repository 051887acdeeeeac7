import { toAppError } from "../../core/app-error.ts";
import { waitOrAbort } from "../../core/cancelable-wait.ts";
import type { Clock } from "../../core/clock.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import type { LifecycleUseCases, NodeUseCases, NodeView } from "../agent-use-cases.ts";
import type { ComponentRecord, Registry } from "../registry/registry.ts";
import type { Snapshot } from "../snapshot/take-snapshot.ts";
import { type DrainDeps, drainNode, undrainNode } from "./drain-node.ts";
import type { DrainState } from "./drain-state.ts";

export interface NodeDeps {
  readonly node: string;
  readonly registry: Registry;
  readonly runtime: Pick<Runtime, "driver" | "version" | "stop">;
  readonly lifecycle: Pick<LifecycleUseCases, "start">;
  readonly drain: DrainState;
  readonly clock: Clock;
  readonly startedAt: Date;
  /** What is wrong with the node, a sentence each; cheap enough for every few seconds. */
  readonly problems: () => Promise<readonly string[]>;
  /** Containers that nobody has declared, as they were last seen. */
  readonly undeclared: () => readonly string[];
  /** Bytes that are free where containers and images are kept. */
  readonly diskFree: () => Promise<number>;
  readonly takeSnapshot: () => Promise<Snapshot>;
  /** Waits for tests. */
  readonly wait?: (ms: number) => Promise<void>;
}

/** The node as a whole: how it is, taking it out of service, and a copy of what its agent knows. */
export function createNodeUseCases(deps: NodeDeps): NodeUseCases {
  const { registry, runtime, lifecycle, clock } = deps;
  const never = new AbortController().signal;
  const wait = deps.wait ?? ((ms: number) => waitOrAbort(ms, never));
  const drainDeps: DrainDeps = { registry, runtime, lifecycle, clock, state: deps.drain, wait };
  return {
    status: () => nodeView(deps),
    drain: (caller, { undo, stopComponents, limitMs }) =>
      undo ? undrainNode(drainDeps, caller) : drainNode(drainDeps, caller, { stopComponents, limitMs }),
    snapshot: () => deps.takeSnapshot(),
  };
}

async function nodeView(deps: NodeDeps): Promise<NodeView> {
  const problems = [...(await deps.problems())];
  const version = await deps.runtime.version().catch((thrown: unknown) => {
    problems.push(`The container engine cannot be asked: ${toAppError(thrown).message}`);
    return undefined;
  });
  return {
    nodeName: deps.node,
    runtime: version && { name: version.name, version: version.version, driver: deps.runtime.driver },
    startedAt: deps.startedAt,
    counts: countsOf(await deps.registry.components()),
    drained: deps.drain.drained,
    problems,
    diskFreeBytes: await deps.diskFree(),
    undeclared: deps.undeclared(),
  };
}

/** Components that nobody declares any more are not counted. */
function countsOf(components: readonly ComponentRecord[]): NodeView["counts"] {
  const counts = { running: 0, stopped: 0, exited: 0, removed: 0, unknown: 0 };
  for (const { desired, observed } of components) if (desired !== "ignore") counts[observed] += 1;
  return counts;
}
