import type { Command } from "commander";
import type { AgentClient } from "../../api/agent/agent-client.ts";
import type { PlanResponse } from "../../api/agent/contract.ts";
import { messageJson } from "../../api/agent/message-json.ts";
import { fromSpec } from "../../service-definition/from-spec.ts";
import { toSpec } from "../../service-definition/to-spec.ts";
import { jsonText, outputOption } from "../api-command.ts";
import type { CliDeps } from "../ports.ts";
import { type LocatedService, locateService } from "./locate-service.ts";
import { type Loosenings, looseningsOfService, looseningsText } from "./loosenings-of-service.ts";
import { changesNothing, planText } from "./print-plan.ts";
import { parseServiceTarget, type ServiceTarget } from "./service-target.ts";
import { addFleetCommand, withFleet } from "./with-fleet.ts";

interface Flags {
  readonly filename?: string;
  readonly node?: string;
  readonly output: string;
}

const EXAMPLES = ["mcpctl plan ha", "mcpctl plan ha/api -f ha.toml", "mcpctl plan ha -o json"];

/** `plan`: what a deploy would change. */
export function addPlanCommand(program: Command, deps: CliDeps): void {
  addFleetCommand(program, "plan", "show what a deploy would change, and change nothing", EXAMPLES)
    .argument("<service>", "SERVICE or SERVICE/COMPONENT")
    .option("-f, --filename <file>", "the service's TOML file (default: the one in the folder of services)")
    .option("--node <name>", "node of a service that has no file")
    .addOption(outputOption(["text", "json"], "text"))
    .action(async (word: string, flags: Flags, self: Command) => {
      const target = parseServiceTarget(word);
      await withFleet(deps, self, async (fleet) => {
        const located = await locateService(fleet, target, flags);
        const plan = await askPlan(await fleet.agent(located.node), target, located);
        const loosenings = looseningsOfWish(target, located);
        if (flags.output === "json") return deps.stdout(planJson(plan, loosenings));
        deps.stdout(`${planText(plan.components, deps.showsColours)}${looseningsText(loosenings, deps.showsColours)}`);
        if (changesNothing(plan.components)) deps.stderr("Nothing would change\n");
      });
    });
}

/** What should run: the file's definition, else what the registry has of the service. */
export function wishOf({ service, component = "" }: ServiceTarget, { file }: LocatedService) {
  return file === undefined ? { serviceName: service, component } : { spec: toSpec(file.definition), component };
}

/** Where what should run is looser than the default. Throws as `fromSpec`. */
export function looseningsOfWish({ service, component }: ServiceTarget, { node, file, registered }: LocatedService): Loosenings {
  if (file !== undefined) return looseningsOfService(file.definition, component);
  if (registered === undefined) return {};
  return looseningsOfService(fromSpec(registered, `service ${service} of node ${node.name}`), component);
}

export function planJson(plan: PlanResponse, loosenings: Loosenings): string {
  return jsonText({ ...(messageJson(plan) as object), loosenings });
}

export function askPlan(agent: AgentClient, target: ServiceTarget, located: LocatedService): Promise<PlanResponse> {
  return agent.call((rpc, options) => rpc.plan(wishOf(target, located), options));
}
