import { Database } from "bun:sqlite";
import { setTimeout as wait } from "node:timers/promises";
import type { Runtime } from "../../src/runtime/runtime.ts";
import type { Figure } from "../access/measure.ts";
import { waitUntil } from "../gateway/machine/wait-until.ts";
import { quantile } from "./quantile.ts";

const BUDGET = { limit: 1000, is: "at most" } as const;
const POLL_MS = 3;
const PATIENCE_MS = 15_000;

export interface ExitsSeenOptions {
  /** Of the agent, which heals. */
  readonly registryFile: string;
  readonly runtime: Runtime;
  /** Components as the registry knows them. */
  readonly components: readonly { readonly service: string; readonly component: string; readonly container: string }[];
  readonly kills: number;
  readonly signal: AbortSignal;
}

/**
 * Kills one container after the other, each when the one before is healed. A time goes from before podman is asked to kill until
 * another process reads the event in the registry's file: it is committed then.
 */
export async function exitsSeen({ registryFile, runtime, components, kills, signal }: ExitsSeenOptions): Promise<Figure[]> {
  const registry = new Database(registryFile, { readonly: true });
  const seen: number[] = [];
  const healed: number[] = [];
  try {
    const newest = registry.query<{ id: number | null }, []>("select max(id) as id from events");
    const told = registry.query<{ id: number }, [number, string, string, string]>(
      "select id from events where id > ? and service = ? and component = ? and kind = 'state' and to_value = ?",
    );
    for (let kill = 0; kill < kills; kill += 1) {
      const victim = components[kill % components.length];
      if (victim === undefined) throw new Error("there is nothing to kill");
      const last = newest.get()?.id ?? 0;
      const until = async (state: string) => {
        const deadline = performance.now() + PATIENCE_MS;
        while (told.get(last, victim.service, victim.component, state) === null) {
          signal.throwIfAborted();
          if (performance.now() > deadline) throw new Error(`nobody has seen ${victim.container} ${state}`);
          await wait(POLL_MS);
        }
      };
      const start = performance.now();
      await Promise.all([runtime.kill(victim.container, "SIGKILL"), until("exited").then(() => seen.push(performance.now() - start))]);
      await until("running");
      healed.push(performance.now() - start);
      await waitUntil(async () => (await runtime.inspect(victim.container))?.state === "running", { timeoutMs: PATIENCE_MS, signal });
    }
  } finally {
    registry.close();
  }
  const where = `${kills} kills`;
  return [
    { what: `exit seen and written, ${where}, p50`, rounds: [quantile(seen, 0.5)], unit: "ms" },
    { what: `exit seen and written, ${where}, p99`, rounds: [quantile(seen, 0.99)], unit: "ms", budget: BUDGET },
    { what: `started again and seen running, ${where}, p50`, rounds: [quantile(healed, 0.5)], unit: "ms" },
    { what: `started again and seen running, ${where}, p99`, rounds: [quantile(healed, 0.99)], unit: "ms" },
  ];
}
