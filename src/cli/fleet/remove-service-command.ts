import { randomUUID } from "node:crypto";
import type { Command } from "commander";
import { messageJson } from "../../api/agent/message-json.ts";
import { AppError } from "../../core/app-error.ts";
import { jsonText, outputOption } from "../api-command.ts";
import { setExitCode } from "../exit-code.ts";
import type { CliDeps } from "../ports.ts";
import { beginOperation } from "./begin-operation.ts";
import { confirm } from "./print-plan.ts";
import { exitCodeOfResults, printResults } from "./print-results.ts";
import { findServiceFile } from "./service-file.ts";
import { type RegisteredService, registeredService } from "./service-state.ts";
import { formatTarget, parseServiceTarget, requireComponent, type ServiceTarget } from "./service-target.ts";
import { addFleetCommand, withFleet } from "./with-fleet.ts";

interface Flags {
  readonly node?: string;
  readonly yes?: boolean;
  readonly output: string;
}

const EXAMPLES = ["mcpctl service remove ha", "mcpctl service remove ha/web", "mcpctl service remove ha --yes -o json"];

const NOTE = `Its containers go, those that are kept for a rollback among them, and the registry forgets it. Volumes with a name, the files that
were pushed to the node and the service's own file stay: 'mcpctl deploy' brings it back. Without a terminal it takes --yes.`;

/** Containers may take their time to end, one after the other. */
const LIMIT_MS = 10 * 60_000;

/** `service remove SERVICE[/COMPONENT]`: what the registry of its node has is taken away, whatever a file says. */
export function addRemoveServiceCommand(group: Command, deps: CliDeps): void {
  addFleetCommand(group, "remove", "remove a service, or one component of it, from its node", EXAMPLES, NOTE)
    .argument("<service>", "SERVICE or SERVICE/COMPONENT")
    .option("--node <name>", "ask this node alone")
    .option("-y, --yes", "ask nothing")
    .addOption(outputOption(["text", "json"], "text"))
    .action(async (word: string, flags: Flags, self: Command) => {
      const target = parseServiceTarget(word);
      await withFleet(deps, self, async (fleet) => {
        const found = await registeredService(fleet, target.service, flags.node);
        const names = found.state.components.map(({ name }) => name);
        requireComponent(target.service, target.component, names);
        await agree(deps, target, found, flags);
        const { service: serviceName, component = "" } = target;
        const request = { serviceName, component, requestId: randomUUID() };
        const agent = await fleet.agent(found.node);
        const answer = await beginOperation(agent, (rpc, options) => rpc.removeService(request, options), { timeoutMs: LIMIT_MS });
        if (flags.output === "json") deps.stdout(jsonText(messageJson(answer)));
        else printResults(deps, answer.operation, answer.results);
        const code = exitCodeOfResults(answer.operation, answer.results);
        if (code === 0) await sayWhatStays(deps, fleet.config.servicesDir, target);
        setExitCode(self, code);
      });
    });
}

/** Throws `canceled`/`REMOVE_DECLINED`, and `precondition`/`REMOVE_UNCONFIRMED` where nobody can be asked. */
async function agree(deps: CliDeps, target: ServiceTarget, { node, state }: RegisteredService, flags: Flags): Promise<void> {
  if (flags.yes === true) return;
  const what = formatTarget(target);
  if (!deps.isTerminal) {
    throw new AppError("precondition", "REMOVE_UNCONFIRMED", `Nobody has agreed to remove ${what} from ${node.name}`, {
      hint: "add --yes",
    });
  }
  const going = state.components.filter(({ name }) => target.component === undefined || name === target.component);
  for (const { name, containerName } of going) deps.stderr(`${name}: container ${containerName} and what is kept of it\n`);
  if (await confirm(deps, `Remove ${what} from ${node.name}?`)) return;
  throw new AppError("canceled", "REMOVE_DECLINED", "Nothing was removed");
}

/** Whoever reads the file next, or syncs, would be surprised. A file that cannot be read says nothing here. */
async function sayWhatStays(deps: CliDeps, folder: string, { service, component }: ServiceTarget): Promise<void> {
  const file = await findServiceFile(folder, service, undefined).catch(() => undefined);
  const isDeclared = file?.definition.components.some(({ name }) => component === undefined || name === component) === true;
  if (file !== undefined && isDeclared) deps.stderr(`${file.path} stays, and the next sync or deploy declares it again\n`);
}
