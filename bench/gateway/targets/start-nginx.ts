import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { AppError } from "../../../src/core/app-error.ts";
import { startChild } from "../machine/child-process.ts";
import { findProgram } from "../machine/find-program.ts";
import { acceptsConnections, freePort } from "../machine/free-port.ts";
import { waitForStart } from "../machine/wait-for-start.ts";
import { nginxConfig } from "./nginx-config.ts";
import type { Target, TargetContext } from "./target.ts";

/** Throws `unavailable`/`BENCH_NGINX_MISSING` where it is not installed. */
export async function startNginx(context: TargetContext, upstream: Target): Promise<Target> {
  const nginx = findProgram("nginx");
  if (nginx === undefined)
    throw new AppError("unavailable", "BENCH_NGINX_MISSING", "nginx is not installed (Debian: apt-get install nginx-light)");
  const scratch = join(context.scratch, "nginx");
  await mkdir(scratch);
  const port = freePort();
  const asRoot = process.getuid?.() === 0;
  await writeFile(join(scratch, "nginx.conf"), nginxConfig({ scratch, port, upstream: new URL(upstream.url), asRoot }));
  const argv = [nginx, "-e", join(scratch, "error.log"), "-p", scratch, "-c", join(scratch, "nginx.conf")];
  const child = startChild(argv, { logFile: join(scratch, "output.log"), core: context.proxyCore });
  context.release(child.stop);
  await waitForStart("nginx", child, () => acceptsConnections(port), context.signal);
  return {
    name: "nginx",
    how: "bare reverse proxy: 1 worker, HTTP/1.1 with connections kept to the upstream, no access log, no token check",
    url: `http://127.0.0.1:${port}/mcp`,
    bearer: upstream.bearer,
    pid: child.pid,
    toolPrefix: "",
  };
}
