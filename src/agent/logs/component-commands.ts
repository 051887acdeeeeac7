import type { ExecOptions, ExecSession, Runtime } from "../../runtime/runtime.ts";
import { containerNameOf } from "../../service-definition/service-definition.ts";
import type { Registry } from "../registry/registry.ts";
import { requireComponent } from "./require-component.ts";

export interface ComponentCommandsDeps {
  readonly runtime: Pick<Runtime, "exec">;
  readonly registry: Pick<Registry, "service" | "component">;
}

/** Commands in the containers of components. */
export class ComponentCommands {
  readonly #deps: ComponentCommandsDeps;

  constructor(deps: ComponentCommandsDeps) {
    this.#deps = deps;
  }

  /** Runs a command in the container that the component has now. Throws `not_found`/`SERVICE_NOT_FOUND`, `COMPONENT_NOT_FOUND` and as `Runtime.exec`. */
  async exec(at: { readonly service: string; readonly component: string }, options: ExecOptions): Promise<ExecSession> {
    await requireComponent(this.#deps.registry, at.service, at.component);
    return await this.#deps.runtime.exec(containerNameOf(at.service, at.component), options);
  }
}
