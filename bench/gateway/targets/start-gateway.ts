import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Backing } from "../../../src/api/server-definition.ts";
import { programIn } from "../machine/built-programs.ts";
import { startChild } from "../machine/child-process.ts";
import { waitForStart } from "../machine/wait-for-start.ts";
import { PROJECT, seedGateway } from "./seed-gateway.ts";
import type { Target, TargetContext } from "./target.ts";

/** A running `mcpctl up` with the project `bench`. */
export interface Gateway {
  readonly url: string;
  /** Base URL of its REST API. */
  readonly api: string;
  readonly token: string;
  readonly pid: number;
}

/** Starts the gateway as a person would, on a data folder that has these servers. */
export async function startGateway(
  context: TargetContext,
  servers: Readonly<Record<string, Backing>>,
  name = Object.keys(servers).join("-"),
): Promise<Gateway> {
  const dataDir = join(context.scratch, `gateway-${name}`);
  const token = await seedGateway(dataDir, servers);
  const readyFile = join(dataDir, "ready.json");
  const config = `${dataDir}.toml`;
  writeFileSync(config, CALLS_UNBOUNDED);
  const argv = [programIn(context.root, "mcpctl"), "up", "--host", "127.0.0.1", "--api-port", "0", "--gateway-port", "0"];
  const child = startChild([...argv, "--config", config, "--data-dir", dataDir, "--ready-file", readyFile], {
    logFile: `${dataDir}.log`,
    core: context.proxyCore,
    env: { PATH: process.env.PATH, HOME: context.scratch, MCPCTL_UP_AGENT: "off" },
  });
  context.release(child.stop);
  await waitForStart("the gateway", child, () => existsSync(readyFile), context.signal);
  const ready = JSON.parse(readFileSync(readyFile, "utf8")) as { gateway: string; api: string };
  return { url: ready.gateway, api: ready.api, token, pid: child.pid };
}

/** Calls are counted as they always are, and nobody makes as many as may be. */
export const CALLS_UNBOUNDED = "[rate_limit]\nper_minute = 1000000\n";

const GUARDS = "mcpctl up on SQLite, token check, role bindings, rate limits and audit log on";

/** The view of a project: many servers behind one endpoint, so tools are renamed both ways. */
export function projectTarget(gateway: Gateway, handle: string): Target {
  return {
    name: "gateway",
    how: `${GUARDS}; route /projects/${PROJECT}/mcp, which renames tools (${handle}__echo)`,
    url: `${gateway.url}/projects/${PROJECT}/mcp`,
    bearer: gateway.token,
    pid: gateway.pid,
    toolPrefix: `${handle}__`,
  };
}

/** One server with its own tool names. */
export function serverTarget(gateway: Gateway, handle: string): Target {
  return {
    name: "gateway (one server)",
    how: `the same process; route /api/v1/mcp/${handle}, tool names as the server has them`,
    url: `${gateway.url}/api/v1/mcp/${handle}`,
    bearer: gateway.token,
    pid: gateway.pid,
    toolPrefix: "",
  };
}
