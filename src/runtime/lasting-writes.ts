/**
 * Changes whose answer may be lost when the engine's service ends in the middle: containers do not notice that, and neither
 * is to whoever asked. Each is repeated once, after a look at whether it was done.
 */
import { AppError } from "../core/app-error.ts";
import type { ContainerSpec, Runtime } from "./runtime.ts";

/** For what may be done twice. */
export async function again<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (thrown) {
    if (!isLost(thrown)) throw thrown;
    return act();
  }
}

export async function createLasting(runtime: Runtime, spec: ContainerSpec, signal: AbortSignal | undefined): Promise<string> {
  const before = await runtime.inspect(spec.name, signal);
  try {
    return await runtime.create(spec, signal);
  } catch (thrown) {
    if (!isLost(thrown)) throw thrown;
    const made = await again(() => runtime.inspect(spec.name, signal));
    if (made === undefined) return runtime.create(spec, signal);
    // One that was there before is somebody else's.
    if (before?.id === made.id) throw thrown;
    return made.id;
  }
}

export async function renameLasting(runtime: Runtime, name: string, to: string, signal: AbortSignal | undefined): Promise<void> {
  const before = await runtime.inspect(name, signal);
  try {
    return await runtime.rename(name, to, signal);
  } catch (thrown) {
    if (!isLost(thrown)) throw thrown;
    const renamed = await again(() => runtime.inspect(to, signal));
    if (before !== undefined && renamed?.id === before.id) return;
    return runtime.rename(name, to, signal);
  }
}

function isLost(thrown: unknown): boolean {
  return thrown instanceof AppError && thrown.reason === "RUNTIME_UNAVAILABLE";
}
