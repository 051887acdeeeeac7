import { AppError } from "../core/app-error.ts";
import type { TestMcpOptions } from "../verify/test-mcp/test-mcp.ts";
import { parseTimeout } from "./parse-timeout.ts";

/** The flags of `test mcp` as they were typed. */
export interface TestMcpFlags {
  readonly token?: string;
  readonly tool?: string;
  readonly args?: string;
  readonly expectTools?: readonly string[];
  readonly timeout: string;
  readonly output: "text" | "json";
  readonly health: boolean;
}

/** What the flags and the environment ask for. Throws `invalid`, naming the flag. */
export function parseTestMcpFlags(url: string, flags: TestMcpFlags, env: Readonly<Record<string, string | undefined>>): TestMcpOptions {
  const token = parseToken(flags.token, env.MCPCTL_TOKEN);
  return {
    url,
    timeoutMs: parseTimeout(flags.timeout),
    health: flags.health,
    ...(token === undefined ? {} : { token }),
    ...(flags.tool === undefined ? {} : { tool: flags.tool }),
    ...(flags.args === undefined ? {} : { args: parseToolArgs(flags.args) }),
    ...(flags.expectTools === undefined ? {} : { expectTools: parseNames(flags.expectTools) }),
  };
}

/** The flag wins. An empty flag is most often a variable that was not set, so it is not taken for "no token". */
function parseToken(flag: string | undefined, fromEnv: string | undefined): string | undefined {
  if (flag?.trim() === "")
    throw new AppError("invalid", "TOKEN_EMPTY", "--token is empty", { hint: "leave it out to use $MCPCTL_TOKEN or no token" });
  const token = (flag ?? fromEnv ?? "").trim();
  return token === "" ? undefined : token;
}

function parseToolArgs(text: string): Record<string, unknown> {
  const value = parseJson(text);
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  throw new AppError("invalid", "ARGS_NOT_AN_OBJECT", "--args is not a JSON object", {
    hint: `write an object in single quotes: --args '{"limit":3}'`,
  });
}

/** Undefined where the text is no JSON; no JSON text means undefined. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** An expectation that names nothing would always pass. */
function parseNames(lists: readonly string[]): string[] {
  const names = lists.flatMap((list) => list.split(",")).map((name) => name.trim());
  const given = [...new Set(names.filter((name) => name !== ""))];
  if (given.length > 0) return given;
  throw new AppError("invalid", "EXPECT_TOOLS_EMPTY", "--expect-tools names no tool", {
    hint: "write names with commas between: --expect-tools a,b",
  });
}
