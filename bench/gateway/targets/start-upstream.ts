import { join } from "node:path";
import { startChild } from "../machine/child-process.ts";
import { waitForStart } from "../machine/wait-for-start.ts";
import { HTTP_FIXTURE, type Target, type TargetContext } from "./target.ts";

/** Starts the HTTP upstream. It is a target itself: what the calls cost without a proxy. */
export async function startUpstream(context: TargetContext): Promise<Target> {
  const logFile = join(context.scratch, "upstream.log");
  const child = startChild([process.execPath, join(context.root, HTTP_FIXTURE)], { logFile, core: context.loadCore });
  context.release(child.stop);
  const port = () => /^(\d+)\n/.exec(child.output())?.[1];
  await waitForStart("the HTTP upstream", child, () => port() !== undefined, context.signal);
  return {
    name: "direct",
    how: "no proxy: the load generator calls the upstream, an MCP server on Bun.serve with sessions",
    url: `http://127.0.0.1:${port()}/mcp`,
    bearer: "not-looked-at",
    pid: child.pid,
    toolPrefix: "",
  };
}
