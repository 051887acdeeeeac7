import { randomUUID } from "node:crypto";
import { type Command, Option } from "commander";
import { OnFailure, OperationState, PullPolicy } from "../../api/agent/contract.ts";
import type { ApiClient } from "../../api/api-client.ts";
import type { BackingInput } from "../../api/server-definition.ts";
import { AppError } from "../../core/app-error.ts";
import { parseNpmPackage, serviceNameOf } from "../../runtime/npm-image/npm-package.ts";
import { toSpec } from "../../service-definition/to-spec.ts";
import { collect } from "../api-command.ts";
import { withApi } from "../config/connect.ts";
import { setExitCode } from "../exit-code.ts";
import { createResource, findResource } from "../kinds/kind-api.ts";
import { serverKind } from "../kinds/server-kind.ts";
import type { CliDeps } from "../ports.ts";
import { beginOperation } from "./begin-operation.ts";
import type { Fleet, FleetNode } from "./fleet.ts";
import { followOperation } from "./follow-operation.ts";
import { looseningsOfService, looseningsText } from "./loosenings-of-service.ts";
import { exitCodeOfResults, printResults } from "./print-results.ts";
import { type RunFlags, runDefinition } from "./run-definition.ts";
import { parseServiceName } from "./service-target.ts";
import { addFleetCommand, withFleet } from "./with-fleet.ts";

interface Flags extends RunFlags {
  readonly name?: string;
  readonly node?: string;
  readonly bin?: string;
  readonly project?: readonly string[];
  readonly server: boolean;
}

const EXAMPLES = [
  "mcpctl run npm:@modelcontextprotocol/server-everything --project demo",
  "mcpctl run registry.example.org/crm:1.4 --port 8000 --path /mcp --env TENANT=acme",
  "mcpctl run localhost/my-server:dev --name dev --profile stateless --no-server",
];

const NOTE = `The image becomes a service of one component with a read-only root, no capabilities and limits, and must answer MCP before it
counts as deployed. It is then a server of that name: clients of the projects that are named call it through the gateway.
'npm:PACKAGE' is made an image on this machine first, so the node is this machine: npm and podman are needed.
'mcpctl service export NAME' makes a file of it, to be kept and changed.`;

/** `run`: an image as a hardened component and a server, in one line. */
export function addRunCommand(program: Command, deps: CliDeps): void {
  addFleetCommand(
    program,
    "run",
    "run an image, or a package of npm's, as a hardened component, and register it as a server",
    EXAMPLES,
    NOTE,
  )
    .argument("<image>", "an image, or npm:PACKAGE[@VERSION]")
    .argument("[args...]", "arguments for the program in it, after --")
    .option("--name <name>", "name of the service and the server (default: the image's)")
    .option("--node <name>", "the node to run it on (default: the only one)")
    .option("--port <port>", "port that it listens on in its container", "8080")
    .option("--path <path>", "where it answers MCP", "/mcp")
    .option("--env <name=value>", "a variable; may be repeated", collect)
    .option("--secret <name=file>", "a variable with the content of a file in the service's directory; may be repeated", collect)
    .option("--memory <size>", "memory at most, as 512MiB", "512MiB")
    .addOption(
      new Option("--profile <name>", "how it is hardened").choices(["default", "strict", "stateless", "trusted"]).default("strict"),
    )
    .option("--bin <name>", "program of an npm package that has several")
    .option("-p, --project <project>", "a project that gets the server; may be repeated", collect)
    .option("--no-server", "register no server")
    .action(async (image: string, args: string[], flags: Flags, self: Command) => {
      const name = parseServiceName(flags.name ?? defaultName(image));
      // What is wrong is said before anything is built or deployed.
      runDefinition({ image: "localhost/x:1", name, node: "rift", args, flags });
      if (flags.server) await withApi(deps, self, ({ api }) => requireFree(api, name));
      await withFleet(deps, self, async (fleet) => {
        const node = await chosenNode(fleet, flags.node);
        const reference = await imageOf(deps, image, flags.bin);
        const exitCode = await deploy({ deps, fleet, node }, runDefinition({ image: reference, name, node: node.name, args, flags }));
        setExitCode(self, exitCode);
        if (exitCode !== 0 || !flags.server) return;
        await withApi(deps, self, ({ api }) => register(deps, api, { name, node: node.name, flags }));
      });
    });
}

function defaultName(image: string): string {
  const npm = parseNpmPackage(image);
  return serviceNameOf(npm?.name ?? image.replace(/[@:][^/]*$/, ""));
}

async function chosenNode(fleet: Fleet, named: string | undefined): Promise<FleetNode> {
  if (named !== undefined) return fleet.node(named);
  const nodes = await fleet.requireNodes();
  const [only] = nodes;
  if (only !== undefined && nodes.length === 1) return only;
  throw new AppError("invalid", "NODE_AMBIGUOUS", "There are several nodes", {
    hint: `say which with --node: ${nodes.map(({ name }) => name).join(", ")}`,
  });
}

async function imageOf(deps: CliDeps, image: string, bin: string | undefined): Promise<string> {
  const npm = parseNpmPackage(image);
  if (npm === undefined) return image;
  const onProgress = (line: string) => deps.stderr(`${line}\n`);
  return deps.buildNpmImage({ package: npm, ...(bin === undefined ? {} : { bin }), onProgress, signal: deps.untilInterrupted() });
}

interface Target {
  readonly deps: CliDeps;
  readonly fleet: Fleet;
  readonly node: FleetNode;
}

async function deploy({ deps, fleet, node }: Target, definition: ReturnType<typeof runDefinition>): Promise<number> {
  const agent = await fleet.agent(node);
  deps.stderr(looseningsText(looseningsOfService(definition), deps.showsColours));
  const request = {
    spec: toSpec(definition),
    component: "",
    requestId: randomUUID(),
    onFailure: OnFailure.CONTINUE,
    pull: PullPolicy.MISSING,
    noWait: true,
  };
  const begun = await beginOperation(agent, (rpc, options) => rpc.deploy(request, options));
  const { operation, results } = await followOperation(deps, agent, begun.operation?.id ?? "", deps.untilInterrupted());
  printResults(deps, operation, results);
  return operation?.state === OperationState.SUCCEEDED ? exitCodeOfResults(operation, results) : 1;
}

async function requireFree(api: ApiClient, handle: string): Promise<void> {
  const found = await findResource(api, serverKind, { name: handle, project: undefined });
  if (found === undefined || (found.backing as BackingInput | undefined)?.kind === "component") return;
  throw new AppError("conflict", "SERVER_HANDLE_TAKEN", `There is a server ${handle} already, and it is no component`, {
    hint: "choose another name with --name, or --no-server",
  });
}

interface Registration {
  readonly name: string;
  readonly node: string;
  readonly flags: Flags;
}

/** One that is there already, from an earlier run, stays as it is. */
async function register(deps: CliDeps, api: ApiClient, { name, node, flags }: Registration): Promise<void> {
  const backing = { kind: "component", node, service: name, component: name, port: Number(flags.port), path: flags.path } as const;
  if ((await findResource(api, serverKind, { name, project: undefined })) === undefined) {
    await createResource(api, serverKind, { handle: name, backing, projects: flags.project });
    deps.stdout(`server/${name} created\n`);
  } else deps.stdout(`server/${name} unchanged\n`);
  if (flags.project === undefined) deps.stderr(`No project has it yet: mcpctl project attach PROJECT ${name}\n`);
}
