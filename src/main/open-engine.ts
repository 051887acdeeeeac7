import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CliDeps } from "../cli/ports.ts";
import { AppError } from "../core/app-error.ts";
import { type OpenedRuntime, openRuntime } from "../runtime/open-runtime.ts";
import { enginesFound, passedOn } from "./open-agent-runtime.ts";

/** The container engine of this machine for one command. Throws `unavailable`/`PROGRAM_MISSING` where there is none. */
export async function openEngine(env: Readonly<Record<string, string | undefined>>): ReturnType<CliDeps["openEngine"]> {
  const found = enginesFound(env);
  if (found.podman === undefined && found.dockerSocket === undefined) {
    throw new AppError("unavailable", "PROGRAM_MISSING", "Neither podman nor Docker is installed on this machine", {
      hint: "install podman, as with 'apt install podman'",
    });
  }
  const folder = await mkdtemp(join(tmpdir(), "mcpctl-"));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const kill = (pid: number, signal: "SIGTERM" | "SIGKILL") => void process.kill(pid, signal);
    const opened = await openRuntime({ driver: "auto", found, folder, env: passedOn(env), kill });
    return { runtime: opened.runtime, close: () => closeBoth(opened, remove) };
  } catch (thrown) {
    await remove();
    throw thrown;
  }
}

async function closeBoth(opened: OpenedRuntime, remove: () => Promise<void>): Promise<void> {
  await opened.close();
  await remove();
}
