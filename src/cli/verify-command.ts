import { randomUUID } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Command, Option } from "commander";
import { AppError } from "../core/app-error.ts";
import { renderVerifyJson, renderVerifyJunit, renderVerifyMarkdown, renderVerifyText } from "../verify/stateless/report/render-verify.ts";
import type { VerifyReport } from "../verify/stateless/report/verify-report.ts";
import { writeResults } from "../verify/stateless/report/write-results.ts";
import type { VerifyDeps } from "../verify/stateless/subject.ts";
import { verifyContainer } from "../verify/stateless/verify-container.ts";
import { verifyImage } from "../verify/stateless/verify-image.ts";
import { errorLines } from "./error-lines.ts";
import { setExitCode } from "./exit-code.ts";
import { parsePathFlag } from "./path-flag.ts";
import type { CliDeps } from "./ports.ts";
import { parseVerifyFlags, type VerifyFlags, type VerifyTarget } from "./verify-flags.ts";

const AFTER_HELP = `
An image is run on this machine under the whole contract: read-only root, tmpfs at /tmp, /app/.cache and /run, no capabilities,
no-new-privileges, 512M, 1.0 CPU, multi-user mode. It is asked without a token, by many clients at a time, for more than it can give,
and again after a restart; it is run once with a root that it could write to, and once with a person's credentials at hand.
A service is looked at as it runs here, and neither restarted nor strained.

Examples:
  mcpctl verify stateless localhost/mcplocal:latest --env MCP_JWT_SECRET --token "$JWT" --other-token "$JWT_OF_ANOTHER"
  mcpctl verify stateless ghcr.io/example/server:1.2 --no-auth --port 8080 --tool search --args '{"query":"{canary}"}'
  mcpctl verify stateless --service shop/api --token "$JWT" -o junit

Exit codes:
  0  every check passed
  1  the contract is violated: each violation is told with what was expected, what was seen and what to do
  2  no verdict: no engine, no such image, a port in use, no answer, a token that is not taken; or wrong usage

Environment:
  MCPCTL_TOKEN        the token where --token is not given; it does not show in the list of processes
  MCPCTL_OTHER_TOKEN  the same for --other-token
`;

const RENDERERS: Readonly<Record<VerifyFlags["output"], (report: VerifyReport) => string>> = {
  text: renderVerifyText,
  json: renderVerifyJson,
  junit: renderVerifyJunit,
  md: renderVerifyMarkdown,
};

/** `verify stateless <image>`: whether an MCP server keeps the stateless contract. */
export function addVerifyCommand(program: Command, deps: CliDeps): void {
  const verify = program.command("verify").description("prove what a container promises");
  verify
    .command("stateless")
    .description("check that an MCP server's image, or a service that runs here, keeps no state and takes nobody without a token")
    .argument("[image]", "image on this machine, as in localhost/mcplocal:latest")
    .option("--service <component>", "SERVICE/COMPONENT that an agent runs on this machine, in place of an image")
    .option("--port <port>", "port of the server in the container (default: the only one that it exposes)")
    .option("--host-port <port>", "port of this machine that it is published at (default: a free one)")
    .option("--path <path>", "path of the MCP endpoint", "/mcp")
    .option("--token <token>", "bearer token that the server takes (default: $MCPCTL_TOKEN)")
    .option("--other-token <token>", "bearer token of another principal, for what must stay apart (default: $MCPCTL_OTHER_TOKEN)")
    .option("--tool <name>", "tool to call (default: those that say that they only read and need no arguments)")
    .option("--args <json>", "arguments of the tool, a JSON object; {canary} in its texts becomes a word of each client's own")
    .option("--env <name=value>", "variable of the container, or NAME for its value here; may be repeated", collect)
    .option("--no-auth", "the server is to take requests without a token: leave those checks out")
    .option("--timeout <duration>", "how long it may take to its first answer: seconds, or 10s, 5m", "60s")
    .addOption(new Option("-o, --output <format>", "format of the report").choices(["text", "json", "junit", "md"]).default("text"))
    .option("--results <folder>", "write stateless.json, stateless.xml (JUnit) and stateless.md there too")
    .option("--keep", "keep the containers, to look at them")
    .addHelpText("after", AFTER_HELP)
    .action(async (image: string | undefined, flags: VerifyFlags, command: Command) =>
      setExitCode(command, await runVerify(image, flags, deps)),
    );
}

/** What is not a verdict is 2, whatever kind of failure it is: 1 says that the contract is violated. */
async function runVerify(image: string | undefined, flags: VerifyFlags, deps: CliDeps): Promise<number> {
  const signal = deps.untilInterrupted();
  try {
    const target = parseVerifyFlags(image, flags, deps.env);
    const results = parsePathFlag("--results", flags.results);
    const report = await verify(target, results, { ...deps, signal });
    deps.stdout(RENDERERS[flags.output](report));
    if (results !== undefined) await writeResults(report, results);
    if (report.kept.length > 0) deps.stderr(`kept: ${report.kept.join(", ")}; 'podman rm -f NAME' removes one\n`);
    return report.verdict === "PASS" ? 0 : 1;
  } catch (thrown) {
    if (!(thrown instanceof AppError)) throw thrown;
    if (signal.aborted)
      deps.stderr(errorLines("Interrupted: there is no verdict", flags.keep === true ? undefined : "what was started is removed"));
    else deps.stderr(errorLines(thrown.message, thrown.hint));
    return 2;
  }
}

async function verify(
  target: VerifyTarget,
  results: string | undefined,
  deps: CliDeps & Pick<VerifyDeps, "signal">,
): Promise<VerifyReport> {
  const engine = await deps.openEngine();
  try {
    const bundleFolder = results === undefined ? join(tmpdir(), `mcpctl-verify-${randomUUID()}`) : join(results, "stateless-debug");
    const verifyDeps: VerifyDeps = {
      runtime: engine.runtime,
      fetch: deps.fetch ?? fetch,
      nowMs: () => performance.now(),
      now: () => deps.now(),
      onProgress: (line) => deps.stderr(`${line}\n`),
      signal: deps.signal,
    };
    if (target.kind === "image") return await verifyImage(verifyDeps, { ...target, bundleFolder });
    return await verifyContainer(verifyDeps, { ...target, bundleFolder }).catch(withPlaceHint);
  } finally {
    await engine.close();
  }
}

function withPlaceHint(thrown: unknown): never {
  if (!(thrown instanceof AppError) || thrown.reason !== "CONTAINER_NOT_FOUND") throw thrown;
  throw new AppError("not_found", "CONTAINER_NOT_FOUND", thrown.message, {
    hint: "a service is verified on the node that runs it; 'mcpctl ps' tells which one that is",
    cause: thrown,
  });
}

function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}
