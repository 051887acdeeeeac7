import type { AgentClient } from "../../api/agent/agent-client.ts";
import { type GetOperationResponse, OperationState, type OperationStep, StepState } from "../../api/agent/contract.ts";
import { AppError, toAppError } from "../../core/app-error.ts";
import { waitOrAbort } from "../../core/cancelable-wait.ts";
import { oneLine } from "../../core/one-line.ts";
import type { CliOutput } from "../ports.ts";

/** How often a connection on which nothing came is opened again in a row, and how long before each: an agent's restart takes a while. */
const MAX_TRIES = 8;
const FIRST_WAIT_MS = 200;
const MAX_WAIT_MS = 5000;

/**
 * Waits until an operation is over, and says each of its steps on standard error. A lost connection is opened again: the
 * operation goes on without anybody who watches. Throws `canceled`/`WATCH_ENDED` with `signal`, and what the agent refuses.
 */
export async function followOperation(
  output: CliOutput,
  agent: AgentClient,
  id: string,
  signal: AbortSignal,
): Promise<GetOperationResponse> {
  const told = { last: "", anything: false };
  for (let tries = 0; ; ) {
    told.anything = false;
    try {
      await printSteps(output, agent, id, signal, told);
      const answer = await agent.call((rpc, options) => rpc.getOperation({ operationId: id }, options), { signal });
      if (answer.operation?.state !== OperationState.RUNNING) return answer;
      tries = told.anything ? 1 : tries + 1;
    } catch (thrown) {
      const error = toAppError(thrown);
      if (signal.aborted) throw ended(id);
      tries = told.anything ? 1 : tries + 1;
      if (error.code !== "unavailable" || tries >= MAX_TRIES) throw error;
    }
    await waitOrAbort(Math.min(FIRST_WAIT_MS * 2 ** tries, MAX_WAIT_MS), signal);
    if (signal.aborted) throw ended(id);
  }
}

async function printSteps(
  output: CliOutput,
  agent: AgentClient,
  id: string,
  signal: AbortSignal,
  told: { last: string; anything: boolean },
): Promise<void> {
  for await (const { what } of agent.stream((rpc, options) => rpc.watchEvents({ operationId: id }, options), { signal })) {
    if (what.case !== "operation") continue;
    told.anything = true;
    const line = what.value.step === undefined ? "" : stepLine(what.value.step);
    if (line !== "" && line !== told.last) output.stderr(line);
    told.last = line;
  }
}

const STATE_WORDS: Readonly<Record<StepState, string>> = {
  [StepState.UNSPECIFIED]: "",
  [StepState.RUNNING]: "…",
  [StepState.DONE]: "done",
  [StepState.FAILED]: "failed",
};

/** What is done in each step of the contract, for people; one that this version does not know is called by its name. */
export const STEP_WORDS: Readonly<Record<string, string>> = {
  record: "writing down what is wanted",
  resolve: "resolving the image",
  pull: "pulling the image",
  create: "creating the container",
  stop_old: "stopping the old container",
  rename_old: "setting the old container aside",
  rename_new: "giving the new container its name",
  start_new: "starting the container",
  gate: "waiting until it is healthy",
  commit: "making it the one that counts",
  retire_old: "putting the old container away",
  restore_old: "bringing the old container back",
  stop: "stopping the container",
  start: "starting the container",
  remove: "removing the container",
  adopt: "taking over the container",
  recover: "going on after the agent was ended",
};

export function stepLine({ component, name, state, detail }: OperationStep): string {
  const words = [component === "" ? "" : `${component}:`, STEP_WORDS[name] ?? name, STATE_WORDS[state] ?? ""].filter((word) => word !== "");
  const said = detail.split("\n").join("; ");
  return `${oneLine(said === "" ? words.join(" ") : `${words.join(" ")} (${said})`, 400)}\n`;
}

function ended(id: string): AppError {
  return new AppError("canceled", "WATCH_ENDED", `Nobody watches operation ${id} any more; it goes on`, {
    hint: `'mcpctl ops ${id}' shows it`,
  });
}
