import { type Outcome, outcomeOf, resultOf } from "../operation/component-result.ts";
import type { OperationRun } from "../operation/operation-run.ts";
import type { Work } from "../operation/operations.ts";
import { ComponentContainers } from "./component-containers.ts";
import type { EngineDeps } from "./engine-deps.ts";
import { type Replacement, type ReplacementState, replacementsOf } from "./replacement.ts";
import { restoreOld, retireOld } from "./settle-replacement.ts";

/** Of an operation that was taken up. */
export const RECOVER_STEP = "recover";
const ENDED_TWICE = "the agent ended twice while this was done; it is not tried a third time";
const ACTION: Readonly<Record<Replacement["kind"], string>> = { deploy: "deployed", rollback: "rolled back", heal: "started" };

/**
 * Takes up an operation that an agent has left: what was committed is finished, what was not is undone, at once. Then it
 * goes on from its beginning, where what is done already is found done; one that was taken up before ends instead, so that
 * an operation that brings the agent down does it no third time.
 */
export async function resumeOperation(deps: EngineDeps, run: OperationRun, work: Work): Promise<Work> {
  const { registry, clock } = deps;
  const { id } = run.operation;
  const steps = await registry.steps(id);
  for (const { number, state } of steps) {
    if (state === "running") await registry.endStep(id, number, { state: "failed", at: clock.now(), detail: "the agent ended" });
  }
  const settled: Settled[] = [];
  for (const state of replacementsOf(steps)) settled.push(await settle(deps, run, state));
  if (steps.some(({ name }) => name === RECOVER_STEP)) return async () => endedOutcome(settled);
  await run.step({ component: "", name: RECOVER_STEP }, async () => {});
  const done = new Map(
    settled.filter(({ committed }) => committed).map(({ replacement }) => [replacement.component, ACTION[replacement.kind]]),
  );
  return async () => await work(run, done);
}

interface Settled {
  readonly replacement: Replacement;
  readonly committed: boolean;
}

async function settle(deps: EngineDeps, run: OperationRun, state: ReplacementState): Promise<Settled> {
  const { replacement } = state;
  if (state.kind === "over") return state;
  const { component, number, kind } = replacement;
  const { service, id } = run.operation;
  const current = (await deps.registry.component(service, component))?.deployment;
  const committed = state.commit === "done" || (state.commit === "begun" && kind !== "heal" && current === number);
  const step = (name: string, act: () => Promise<void>) => run.step({ component, name }, act);
  const settling = committed
    ? step("retire_old", async () => {
        await retireOld(deps, service, replacement, run.signal);
        // Which deployments were forgotten is not known any more.
        await (await ComponentContainers.of(deps, service, component)).sweep(run.signal);
      })
    : step("restore_old", () => restoreOld(deps, service, replacement, id, run.signal));
  // The step says what failed, and whatever is done next to this component begins with tidying up.
  await settling.catch(() => run.requireGoing());
  return { replacement, committed };
}

function endedOutcome(settled: readonly Settled[]): Outcome {
  const results = settled.map(({ replacement: { component, number, kind }, committed }) =>
    committed
      ? resultOf(component, ACTION[kind], { deployment: number })
      : resultOf(component, "failed", { ok: false, error: ENDED_TWICE, hint: "begin it again" }),
  );
  if (results.length === 0) return { state: "failed", results, error: ENDED_TWICE };
  const { state } = outcomeOf(results);
  return { state: state === "failed" ? "rolled_back" : state === "succeeded" ? "partial" : state, results, error: ENDED_TWICE };
}
