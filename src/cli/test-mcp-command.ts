import { type Command, Option } from "commander";
import { renderTestMcpJson, renderTestMcpText } from "../verify/test-mcp/render-test-mcp.ts";
import { testMcp } from "../verify/test-mcp/test-mcp.ts";
import { networkTestMcpDeps } from "../verify/test-mcp/test-mcp-deps.ts";
import { errorLines } from "./error-lines.ts";
import { setExitCode } from "./exit-code.ts";
import type { CliDeps } from "./ports.ts";
import { parseTestMcpFlags, type TestMcpFlags } from "./test-mcp-flags.ts";

const AFTER_HELP = `
Steps: GET /healthz, initialize, tools/list, then what the flags ask for. The first failure ends the test.

Examples:
  mcpctl test mcp http://127.0.0.1:3200/projects/demo/mcp
  mcpctl test mcp https://mcp.example.org/mcp --no-health --expect-tools search,fetch
  mcpctl test mcp http://127.0.0.1:3200/projects/demo/mcp \\
    --tool content__evo.content.search --args '{"limit":3}' -o json

Exit codes:
  0  PASS
  1  TRANSPORT/AUTH FAIL: not reached, too late, the token refused, an HTTP error
  2  CONTRACT FAIL: an expected tool is missing, a tool answered isError, an answer breaks MCP; or wrong usage

Environment:
  MCPCTL_TOKEN         the token where --token is not given; it does not show in the list of processes
  NODE_EXTRA_CA_CERTS  a file of certificates to trust beside the usual ones
`;

/** `test mcp <url>`: whether an endpoint speaks MCP as a client needs it. */
export function addTestCommand(program: Command, deps: CliDeps): void {
  const test = program.command("test").description("test something that runs against what it promises");
  test
    .command("mcp")
    .description("test an MCP endpoint over Streamable HTTP")
    .argument("<url>", "address of the endpoint, as in http://127.0.0.1:3200/projects/demo/mcp")
    .option("--token <token>", "bearer token (default: $MCPCTL_TOKEN)")
    .option("--tool <name>", "call this tool too")
    .option("--args <json>", "arguments of the tool, a JSON object (default: {})")
    .option("--expect-tools <names>", "tools that must be listed, with commas between; may be repeated", collect)
    .option("--timeout <duration>", "limit for each request: seconds, or 500ms, 10s, 1m", "10s")
    .addOption(new Option("-o, --output <format>", "format of the report").choices(["text", "json"]).default("text"))
    .option("--no-health", "skip GET /healthz")
    .addHelpText("after", AFTER_HELP)
    .action(async (url: string, flags: TestMcpFlags, command: Command) => setExitCode(command, await runTest(url, flags, deps)));
}

async function runTest(url: string, flags: TestMcpFlags, deps: CliDeps): Promise<number> {
  const options = parseTestMcpFlags(url, flags, deps.env);
  const report = await testMcp(networkTestMcpDeps(deps.fetch), options);
  deps.stdout(flags.output === "json" ? renderTestMcpJson(report) : renderTestMcpText(report));
  // The JSON report has both in it already.
  if (flags.output === "text" && report.error !== null) deps.stderr(errorLines(report.error, report.hint));
  return report.exitCode;
}

function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}
