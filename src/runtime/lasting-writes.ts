/**
 * Changes whose answer may be lost when the engine's service ends in the middle: containers do not notice that, and neither
 * is to whoever asked. Each is repeated, twice at most, after a look at whether it was done.
 */
import { AppError } from "../core/app-error.ts";
import type { ContainerSpec, Runtime } from "./runtime.ts";

const TRIES = 3;

/** For what may be done twice. `isDone` gives the result of a try whose answer was lost, where it was carried out. */
export async function again<T>(act: () => Promise<T>, isDone: () => Promise<T | undefined> = async () => undefined): Promise<T> {
  for (let left = TRIES - 1; ; left -= 1) {
    try {
      return await act();
    } catch (thrown) {
      if (!isLost(thrown) || left === 0) throw thrown;
      const done = await again(isDone);
      if (done !== undefined) return done;
    }
  }
}

export async function createLasting(runtime: Runtime, spec: ContainerSpec, signal: AbortSignal | undefined): Promise<string> {
  const look = () => runtime.inspect(spec.name, signal);
  const before = await again(look);
  const made = async () => {
    const found = await look();
    // One that was there before is somebody else's.
    return found === undefined || found.id === before?.id ? undefined : found.id;
  };
  return again(() => runtime.create(spec, signal), made);
}

export async function renameLasting(runtime: Runtime, name: string, to: string, signal: AbortSignal | undefined): Promise<void> {
  const before = await again(() => runtime.inspect(name, signal));
  const renamed = async () => (before !== undefined && (await runtime.inspect(to, signal))?.id === before.id ? true : undefined);
  await again(async () => {
    await runtime.rename(name, to, signal);
    return true;
  }, renamed);
}

function isLost(thrown: unknown): boolean {
  return thrown instanceof AppError && thrown.reason === "RUNTIME_UNAVAILABLE";
}
