import { randomUUID } from "node:crypto";
import { type Command, Option } from "commander";
import type { AgentClient } from "../../api/agent/agent-client.ts";
import { OnFailure, PullPolicy } from "../../api/agent/contract.ts";
import { messageJson } from "../../api/agent/message-json.ts";
import { AppError } from "../../core/app-error.ts";
import { jsonText, outputOption } from "../api-command.ts";
import { setExitCode } from "../exit-code.ts";
import type { CliDeps } from "../ports.ts";
import { beginOperation, type OperationAnswer } from "./begin-operation.ts";
import { followOperation } from "./follow-operation.ts";
import { type LocatedService, locateService } from "./locate-service.ts";
import { looseningsText } from "./loosenings-of-service.ts";
import { askPlan, looseningsOfWish, planJson, wishOf } from "./plan-command.ts";
import { changesNothing, confirm, planText } from "./print-plan.ts";
import { exitCodeOfResults, printResults } from "./print-results.ts";
import { formatTarget, parseServiceTarget, type ServiceTarget } from "./service-target.ts";
import { addFleetCommand, withFleet } from "./with-fleet.ts";

interface Flags {
  readonly filename?: string;
  readonly node?: string;
  readonly plan?: boolean;
  readonly yes?: boolean;
  readonly onFailure: keyof typeof ON_FAILURE;
  readonly pull: keyof typeof PULL;
  readonly wait: boolean;
  readonly output: string;
}

const ON_FAILURE = { continue: OnFailure.CONTINUE, stop: OnFailure.STOP, revert: OnFailure.REVERT };
const PULL = { missing: PullPolicy.MISSING, always: PullPolicy.ALWAYS, never: PullPolicy.NEVER };

const EXAMPLES = [
  "mcpctl deploy ha",
  "mcpctl deploy ha/api -f ha.toml --yes",
  "mcpctl deploy ha --plan",
  "mcpctl deploy ha --no-wait -o json",
];

const NOTE = `What is deployed is the file (-f, else the one in the folder of services), else what the agent's registry has. On a terminal the
plan is shown first, and you are asked. The new container takes over when it is healthy; where it does not become so, the old one
is back. A deploy goes on where this command is ended: 'mcpctl ops' shows it.

Exit codes:
  0  every component was deployed
  1  none was, or the old ones are back
  2  wrong usage, or an invalid file
  3  some were deployed`;

/** `deploy`: puts a service, or one component of it, into effect. */
export function addDeployCommand(program: Command, deps: CliDeps): void {
  addFleetCommand(program, "deploy", "put a service into effect on its node", EXAMPLES, NOTE)
    .argument("<service>", "SERVICE or SERVICE/COMPONENT")
    .option("-f, --filename <file>", "the service's TOML file (default: the one in the folder of services)")
    .option("--node <name>", "node of a service that has no file")
    .addOption(new Option("--plan", "only show what would change").conflicts("yes"))
    .option("-y, --yes", "ask nothing")
    .addOption(choice("--on-failure <what>", "what becomes of the other components after one has failed", ON_FAILURE, "continue"))
    .addOption(choice("--pull <when>", "when an image is pulled", PULL, "missing"))
    .option("--no-wait", "end as soon as the deploy is recorded")
    .addOption(outputOption(["text", "json"], "text"))
    .action(async (word: string, flags: Flags, self: Command) => {
      const target = parseServiceTarget(word);
      await withFleet(deps, self, async (fleet) => {
        const located = await locateService(fleet, target, flags);
        const agent = await fleet.agent(located.node);
        const planToken = await agreeOnPlan({ deps, agent, target, located, flags });
        if (planToken === undefined) return;
        const answer = await deploy({ deps, agent, target, located, flags }, planToken);
        printAnswer(deps, answer, flags);
        if (flags.wait) setExitCode(self, exitCodeOfResults(answer.operation, answer.results));
      });
    });
}

interface Deploy {
  readonly deps: CliDeps;
  readonly agent: AgentClient;
  readonly target: ServiceTarget;
  readonly located: LocatedService;
  readonly flags: Flags;
}

/** The token of the plan that was agreed to, empty where nobody asked for one; undefined: it ends here. */
async function agreeOnPlan({ deps, agent, target, located, flags }: Deploy): Promise<string | undefined> {
  const loosenings = looseningsOfWish(target, located);
  if (flags.plan !== true && (flags.yes === true || !deps.isTerminal)) {
    // Whoever reads the log of a deploy that nobody was asked about finds them there.
    deps.stderr(looseningsText(loosenings, deps.showsColours));
    return "";
  }
  const plan = await askPlan(agent, target, located);
  if (flags.plan === true && flags.output === "json") {
    deps.stdout(planJson(plan, loosenings));
    return undefined;
  }
  const shown = `${planText(plan.components, deps.showsColours)}${looseningsText(loosenings, deps.showsColours)}`;
  (flags.plan === true ? deps.stdout : deps.stderr)(shown);
  if (flags.plan === true) return undefined;
  if (changesNothing(plan.components)) return plan.planToken;
  if (await confirm(deps, `Deploy ${formatTarget(target)} on ${located.node.name}?`)) return plan.planToken;
  throw new AppError("canceled", "DEPLOY_DECLINED", "Nothing was deployed");
}

async function deploy(
  { deps, agent, target, located, flags }: Deploy,
  planToken: string,
): Promise<OperationAnswer & { readonly json: unknown }> {
  const request = {
    ...wishOf(target, located),
    requestId: randomUUID(),
    planToken,
    onFailure: ON_FAILURE[flags.onFailure],
    pull: PULL[flags.pull],
    // Watched by its id from then on: this command may end, the deploy does not.
    noWait: true,
  };
  const begun = await beginOperation(agent, (rpc, options) => rpc.deploy(request, options));
  const id = begun.operation?.id ?? "";
  if (!flags.wait || id === "") return { ...begun, json: messageJson(begun) };
  const ended = await followOperation(deps, agent, id, deps.untilInterrupted());
  return { ...ended, json: messageJson(ended) };
}

function printAnswer(deps: CliDeps, { operation, results, json }: OperationAnswer & { readonly json: unknown }, flags: Flags): void {
  if (flags.output === "json") deps.stdout(jsonText(json));
  else if (flags.wait) printResults(deps, operation, results);
  else deps.stdout(`Operation ${operation?.id ?? ""} has begun; 'mcpctl ops ${operation?.id ?? ""}' shows it\n`);
}

function choice(flags: string, description: string, words: object, fallback: string): Option {
  return new Option(flags, description).choices(Object.keys(words)).default(fallback);
}
