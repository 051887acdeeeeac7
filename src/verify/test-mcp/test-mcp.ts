import { AppError } from "../../core/app-error.ts";
import { nearest } from "../../core/nearest.ts";
import { oneLine } from "../../core/one-line.ts";
import { deriveBaseUrl } from "../../mcp/client/endpoint-url.ts";
import { toolText } from "../../mcp/client/tool-result.ts";
import { classifyStepFailure, contractFailure, type StepFailure } from "./step-failure.ts";
import type { TestMcpDeps, TestMcpSession } from "./test-mcp-deps.ts";
import { EXIT_CODES, type MissingTool, type TestMcpReport, type TestMcpStep, type TestMcpStepName } from "./test-mcp-report.ts";

export interface TestMcpOptions {
  readonly url: string;
  readonly token?: string;
  /** A tool to call. */
  readonly tool?: string;
  /** Its arguments; needs `tool`. */
  readonly args?: Readonly<Record<string, unknown>>;
  readonly expectTools?: readonly string[];
  /** For each request. Default 10,000. */
  readonly timeoutMs?: number;
  /** Whether `GET /healthz` must pass first. Default true. */
  readonly health?: boolean;
}

/** A tool may answer with megabytes; the whole text stands in `call`, all missing tools in `missing`. */
const MAX_DETAIL = 1_000;

interface Findings {
  server: TestMcpReport["server"];
  tools: readonly string[] | null;
  missing: readonly MissingTool[];
  call: TestMcpReport["call"];
}

/** What a passed step has to say, or why it failed. */
type StepResult = string | StepFailure;

interface Step {
  readonly name: TestMcpStepName;
  run(): Promise<StepResult> | StepResult;
}

/**
 * Tests whether an endpoint speaks MCP over Streamable HTTP as a client needs it.
 *
 * What the endpoint does wrong is in the report: the way to it or the credential
 * (exit code 1), or what it answers (2). Throws `invalid` only for options that make no
 * sense, before anything is sent. The session is closed at the end, whatever happened.
 */
export async function testMcp(deps: TestMcpDeps, options: TestMcpOptions): Promise<TestMcpReport> {
  const base = deriveBaseUrl(options.url);
  requireToolForArgs(options);
  const timeoutMs = options.timeoutMs ?? 10_000;
  const session = deps.openSession(options.url, { timeoutMs, ...(options.token === undefined ? {} : { bearer: options.token }) });
  const findings: Findings = { server: null, tools: null, missing: [], call: null };
  const startedAt = deps.nowMs();
  try {
    const { steps, failure } = await runSteps(deps, planSteps(deps, session, base, { ...options, timeoutMs }, findings), options.token);
    return report(options.url, deps.nowMs() - startedAt, steps, failure, findings);
  } finally {
    await session.close();
  }
}

function requireToolForArgs(options: TestMcpOptions): void {
  if (options.args === undefined || options.tool !== undefined) return;
  throw new AppError("invalid", "ARGS_WITHOUT_TOOL", "--args needs --tool", { hint: "name the tool to call: --tool NAME --args JSON" });
}

function planSteps(
  deps: TestMcpDeps,
  session: TestMcpSession,
  base: string,
  options: TestMcpOptions & { readonly timeoutMs: number },
  findings: Findings,
): Step[] {
  const { health = true, expectTools = [], tool } = options;
  const steps: Step[] = [
    { name: "initialize", run: () => initialize(session, findings) },
    { name: "tools/list", run: () => listTools(session, findings) },
  ];
  if (health) steps.unshift({ name: "health", run: () => checkHealth(deps, base, options.timeoutMs) });
  if (expectTools.length > 0) steps.push({ name: "expect-tools", run: () => expectAll(expectTools, findings) });
  if (tool !== undefined) steps.push({ name: "tools/call", run: () => callTool(session, tool, options.args ?? {}, findings) });
  return steps;
}

/** One after the other, up to the first failure. */
async function runSteps(deps: TestMcpDeps, plan: readonly Step[], token: string | undefined) {
  const steps: TestMcpStep[] = [];
  for (const step of plan) {
    const startedAt = deps.nowMs();
    const result = await settle(step, token);
    const passed = typeof result === "string";
    const detail = oneLine(passed ? result : result.detail, MAX_DETAIL);
    steps.push({
      name: step.name,
      outcome: passed ? "pass" : "fail",
      ms: tenths(deps.nowMs() - startedAt),
      detail,
    });
    if (!passed) return { steps, failure: { ...result, detail, step: step.name } };
  }
  return { steps, failure: undefined };
}

async function settle(step: Step, token: string | undefined): Promise<StepResult> {
  try {
    return await step.run();
  } catch (error) {
    return classifyStepFailure(error, token);
  }
}

async function checkHealth(deps: TestMcpDeps, base: string, timeoutMs: number): Promise<StepResult> {
  const health = await deps.checkHealth(base, { timeoutMs });
  if (health.healthy) return `${base}/healthz answers ${health.status}`;
  return {
    verdict: "TRANSPORT/AUTH FAIL",
    detail: `${base}/healthz: ${health.reason}`,
    hint: "is it running there? --no-health skips this check, for a server that has no /healthz",
  };
}

async function initialize(session: TestMcpSession, findings: Findings): Promise<StepResult> {
  const { serverInfo, protocolVersion } = await session.initialize();
  findings.server = { name: serverInfo.name, version: serverInfo.version, protocolVersion };
  return `${serverInfo.name} ${serverInfo.version}, revision ${protocolVersion}`;
}

async function listTools(session: TestMcpSession, findings: Findings): Promise<StepResult> {
  const tools = (await session.listTools()).map((tool) => tool.name);
  findings.tools = tools;
  return tools.length === 1 ? "1 tool" : `${tools.length} tools`;
}

function expectAll(expected: readonly string[], findings: Findings): StepResult {
  const listed = new Set(findings.tools);
  findings.missing = expected.filter((name) => !listed.has(name)).map((name) => ({ name, nearest: nearest(name, listed, 3) }));
  if (findings.missing.length === 0) return expected.length === 1 ? "the expected tool is there" : `all ${expected.length} are there`;
  return contractFailure(
    `missing: ${findings.missing.map((tool) => tool.name).join(", ")}`,
    didYouMean(findings.missing.flatMap((tool) => tool.nearest)),
  );
}

async function callTool(
  session: TestMcpSession,
  tool: string,
  args: Readonly<Record<string, unknown>>,
  findings: Findings,
): Promise<StepResult> {
  const listed = findings.tools ?? [];
  if (!listed.includes(tool)) return contractFailure(`${tool} is not in tools/list`, didYouMean(nearest(tool, listed, 3)));
  const result = await session.callTool(tool, args);
  const text = toolText(result);
  findings.call = { tool, isError: result.isError === true, text };
  if (result.isError === true) return contractFailure(`${tool} answered isError: ${text === "" ? "(no text)" : text}`);
  return `${tool}: ${text === "" ? `${result.content.length} content blocks` : text}`;
}

function didYouMean(names: readonly string[]): string | undefined {
  const unique = [...new Set(names)];
  return unique.length === 0 ? "the report of -o json lists all tools" : `did you mean ${unique.join(" or ")}?`;
}

function report(
  url: string,
  ms: number,
  steps: readonly TestMcpStep[],
  failure: (StepFailure & { readonly step: TestMcpStepName }) | undefined,
  findings: Findings,
): TestMcpReport {
  const verdict = failure?.verdict ?? "PASS";
  const error = failure === undefined ? null : `${failure.step}: ${failure.detail}`;
  return { url, verdict, exitCode: EXIT_CODES[verdict], ms: tenths(ms), steps, ...findings, error, hint: failure?.hint ?? null };
}

function tenths(ms: number): number {
  return Math.round(ms * 10) / 10;
}
