import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { programIn } from "../machine/built-programs.ts";
import { startChild } from "../machine/child-process.ts";
import { waitForStart } from "../machine/wait-for-start.ts";
import { PROJECT } from "./seed-gateway.ts";
import { CALLS_UNBOUNDED, type Gateway } from "./start-gateway.ts";
import type { Target, TargetContext } from "./target.ts";

const READY = /^mcplocal is ready at (http:\S+?):? /m;

/** Starts `mcplocal serve` with so many workers beside a running mcpd; who calls, it asks there. */
export async function startWorkers(context: TargetContext, mcpd: Gateway, handle: string, workers: number): Promise<Target> {
  const base = join(context.scratch, `workers-${workers}`);
  writeFileSync(`${base}.toml`, CALLS_UNBOUNDED);
  const argv = [programIn(context.root, "mcplocal"), "serve", "--port", "0", "--mcpd-url", mcpd.api, "--config", `${base}.toml`];
  const child = startChild([...argv, "--workers", String(workers)], {
    logFile: `${base}.log`,
    core: context.proxyCore,
    env: { PATH: process.env.PATH, HOME: context.scratch },
  });
  context.release(child.stop);
  await waitForStart(`mcplocal with ${workers} workers`, child, () => READY.test(child.output()), context.signal);
  return {
    name: workerName(workers),
    how: `mcplocal serve --workers ${workers} beside mcpd, token check, role bindings and rate limits on`,
    url: `${READY.exec(child.output())?.[1]}/projects/${PROJECT}/mcp`,
    bearer: mcpd.token,
    pid: child.pid,
    toolPrefix: `${handle}__`,
  };
}

export function workerName(workers: number): string {
  return workers === 1 ? "1 worker" : `${workers} workers`;
}
