import type { Command } from "commander";
import { ENDPOINTS } from "../api/endpoints/endpoints.ts";
import { AppError } from "../core/app-error.ts";
import { addApiCommand } from "./api-command.ts";
import { withApi } from "./config/connect.ts";
import { progressLine } from "./dispatch/follow-task.ts";
import { printOutcomes, tryEach } from "./each-outcome.ts";
import { setExitCode } from "./exit-code.ts";
import { parseTargets, type ResourceRef } from "./kinds/resource-ref.ts";
import { taskKind } from "./kinds/task-kind.ts";
import type { CliDeps } from "./ports.ts";

const EXAMPLES = ["mcpctl cancel task tsk_2bVn0vDvk5gPzFmT9c1LxQ", "mcpctl cancel task/tsk_2bVn0vDvk5gPzFmT9c1LxQ"];

const NOTE = `One that waits is taken back. One that runs is aborted; its server may have done its work all the same. One that has ended stays as
it is.

Exit codes:
  0  each was canceled, is being canceled, or had ended
  1  none was
  3  some were`;

/** `cancel task ID…`: takes dispatched calls back, each on its own. */
export function addCancelCommand(program: Command, deps: CliDeps): void {
  addApiCommand(program, "cancel", "take a dispatched call back", EXAMPLES, NOTE)
    .argument("<task>", "the word task, or task/ID")
    .argument("[ids...]", "ids of tasks")
    .action(async (word: string, ids: string[], _: object, self: Command) => {
      const { kind, refs } = parseTargets(word, ids, undefined);
      if (kind !== taskKind) {
        throw new AppError("invalid", "VERB_UNSUPPORTED", `A ${kind.singular} cannot be canceled`, { hint: "write task ID" });
      }
      if (refs.length === 0) self.error("error: missing required argument 'ids': which task?");
      await withApi(deps, self, async ({ api }) => {
        const cancel = async ({ name: id }: ResourceRef) => {
          deps.stdout(progressLine(await api.call(ENDPOINTS.tasks.cancel, { params: { id } })));
        };
        const [only] = refs;
        if (refs.length === 1 && only !== undefined) return cancel(only);
        return setExitCode(self, printOutcomes(deps, await tryEach(refs, cancel)));
      });
    });
}
