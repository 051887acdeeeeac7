import type { McpTool } from "../../../mcp/client/tool-page.ts";
import { toolText } from "../../../mcp/client/tool-result.ts";
import type { BasicCalls } from "../observations.ts";
import type { Subject, VerifyDeps } from "../subject.ts";
import { failureText, recordedClient } from "./client.ts";

const CALLS_OF_EACH = 5;
const MAX_TOOLS = 5;

/** What a client does first, and each chosen tool five times with its time. */
export async function basicCalls(deps: Pick<VerifyDeps, "fetch" | "nowMs">, subject: Subject): Promise<BasicCalls> {
  const { session } = recordedClient(deps.fetch, subject);
  let server: BasicCalls["server"];
  let tools: readonly McpTool[] | undefined;
  const calls: BasicCalls["calls"][number][] = [];
  try {
    server = (await session.initialize()).serverInfo;
    tools = await session.listTools();
    for (const { name, args } of chosenTools(subject, tools)) {
      for (let count = 0; count < CALLS_OF_EACH; count += 1) {
        const startedAt = deps.nowMs();
        const failed = await session
          .callTool(name, withCanary(args, "same"))
          .then((result) => (result.isError === true ? toolText(result).slice(0, 200) || "isError" : undefined), failureText);
        calls.push({ tool: name, ms: deps.nowMs() - startedAt, failed });
      }
    }
    return { server, tools: tools.map(({ name }) => name), calls, failed: undefined };
  } catch (thrown) {
    const step = server === undefined ? "initialize" : "tools/list";
    return { server, tools: undefined, calls, failed: `${step}: ${failureText(thrown)}` };
  } finally {
    await session.close();
  }
}

/** The tool that was asked for, else those that say that they only read and need no arguments. */
export function chosenTools({ tool }: Pick<Subject, "tool">, listed: readonly McpTool[]): readonly NonNullable<Subject["tool"]>[] {
  if (tool !== undefined) return [tool];
  const harmless = listed.filter(({ annotations, inputSchema }) => {
    const hints = annotations as { readonly readOnlyHint?: unknown } | undefined;
    const { required } = (inputSchema ?? {}) as { readonly required?: readonly unknown[] };
    return hints?.readOnlyHint === true && (required ?? []).length === 0;
  });
  return harmless.slice(0, MAX_TOOLS).map(({ name }) => ({ name, args: {} }));
}

/** The arguments with `{canary}` in their texts replaced. */
export function withCanary(args: Readonly<Record<string, unknown>>, canary: string): Readonly<Record<string, unknown>> {
  return JSON.parse(JSON.stringify(args).replaceAll("{canary}", canary)) as Record<string, unknown>;
}
