import type { Registry } from "../registry/registry.ts";

const WRITES: ReadonlySet<string> = new Set<keyof Registry>([
  "saveService",
  "updateService",
  "deleteService",
  "createComponent",
  "updateSpec",
  "setDesired",
  "observe",
  "setHealth",
  "setRestarts",
  "deleteComponent",
  "addDeployment",
  "setCurrentDeployment",
  "beginOperation",
  "beginStep",
  "endStep",
  "endOperation",
  "addEvents",
]);

/** Shared by all that a process has: when it is dead, no call of any of them comes back. */
export interface Death {
  isDead: boolean;
  /** Writes to go until it dies; undefined: it lives. */
  writesLeft: number | undefined;
  /** Whether the last write is still done. */
  when: "before" | "after";
  readonly died: PromiseWithResolvers<void>;
}

/** For tests: a registry whose process dies at one of its writes, just before or just after it is durable. */
export function dyingRegistry(inner: Registry, death: Death): Registry {
  const never = () => new Promise<never>(() => {});
  const die = () => {
    death.isDead = true;
    death.died.resolve();
    return never();
  };
  return new Proxy(inner, {
    get(target, name) {
      const method = Reflect.get(target, name);
      if (typeof method !== "function") return method;
      return async (...input: unknown[]) => {
        if (death.isDead) return await never();
        const isLast = WRITES.has(String(name)) && death.writesLeft !== undefined && --death.writesLeft === 0;
        if (isLast && death.when === "before") return await die();
        const result = await Reflect.apply(method, target, input);
        return isLast ? await die() : result;
      };
    },
  });
}
