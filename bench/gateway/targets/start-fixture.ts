import { join } from "node:path";
import { startChild } from "../machine/child-process.ts";
import { waitForStart } from "../machine/wait-for-start.ts";
import type { TargetContext } from "./target.ts";

/** Starts a fixture that prints its port as the first line; it stays beside the load generator. */
export async function startFixture(
  context: TargetContext,
  file: string,
  name: string,
): Promise<{ readonly port: number; readonly pid: number }> {
  const logFile = join(context.scratch, `${name.replaceAll(" ", "-")}.log`);
  const child = startChild([process.execPath, join(context.root, file)], { logFile, core: context.loadCore });
  context.release(child.stop);
  const port = () => /^(\d+)\n/.exec(child.output())?.[1];
  await waitForStart(name, child, () => port() !== undefined, context.signal);
  return { port: Number(port()), pid: child.pid };
}
