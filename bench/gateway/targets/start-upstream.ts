import { startFixture } from "./start-fixture.ts";
import { HTTP_FIXTURE, type Target, type TargetContext } from "./target.ts";

/** Starts the HTTP upstream. It is a target itself: what the calls cost without a proxy. */
export async function startUpstream(context: TargetContext): Promise<Target> {
  const { port, pid } = await startFixture(context, HTTP_FIXTURE, "the HTTP upstream");
  return {
    name: "direct",
    how: "no proxy: the load generator calls the upstream, an MCP server on Bun.serve with sessions",
    url: `http://127.0.0.1:${port}/mcp`,
    bearer: "not-looked-at",
    pid,
    toolPrefix: "",
  };
}
