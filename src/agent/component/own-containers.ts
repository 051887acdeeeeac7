import type { Runtime } from "../../runtime/runtime.ts";
import { containerNotFound } from "../../runtime/runtime-errors.ts";
import { type AgentIdentity, isForeign } from "./ownership-of.ts";

/** What is read of containers, by their names. */
export type ContainerReads = Pick<Runtime, "list" | "inspect" | "events" | "logs" | "exec">;

/**
 * The engine as an agent watches it and lets people look into it: what another agent on the machine has made is not there,
 * whatever its name is. Changes look at the engine itself: a name that is taken is taken.
 */
export function ownContainers(runtime: ContainerReads, identity: AgentIdentity): ContainerReads {
  const own = <C extends Parameters<typeof isForeign>[0]>(container: C | undefined) =>
    container === undefined || isForeign(container, identity) ? undefined : container;
  const inspect: Runtime["inspect"] = async (name, signal) => own(await runtime.inspect(name, signal));
  return {
    inspect,
    list: async (filter) => (await runtime.list(filter)).filter((container) => own(container) !== undefined),
    async *events(options) {
      for await (const event of runtime.events(options)) if (!isForeign(event, identity)) yield event;
    },
    // By an id that a look has found.
    logs: (name, options) => runtime.logs(name, options),
    async exec(name, options) {
      const found = await inspect(name);
      if (found === undefined) throw containerNotFound(name);
      return await runtime.exec(found.id, options);
    },
  };
}
