/** What an agent's engine should do, in the fewest words: components of one service, without containers, steps or crashes. */

export type Name = "api" | "db";
export const NAMES: readonly Name[] = ["api", "db"];
/** The program of this version ends as soon as it is started. */
export const BAD = "bad";

interface Kept {
  readonly number: number;
  readonly version: string;
  readonly replaced: number;
}

export interface ComponentModel {
  /** Of the container that has the component's name; undefined: there is none. */
  container: { version: string; up: boolean } | undefined;
  desired: "running" | "stopped";
  /** The version that its definition names; what is deployed where it never was. */
  declared: string;
  /** Number of the current deployment, 0 before the first. */
  current: number;
  kept: Kept[];
}

const KEPT = 6;

export class EngineModel {
  readonly components = new Map<Name, ComponentModel>();

  /** Whether all went well. */
  deploy(wish: Readonly<Record<Name, string>>): boolean {
    for (const name of NAMES) {
      const known = this.components.get(name);
      if (known === undefined) {
        this.components.set(name, { container: undefined, desired: "running", declared: wish[name], current: 0, kept: [] });
      } else if (known.current === 0) {
        known.declared = wish[name];
      }
    }
    return this.#each((component, name) => this.#deployOne(component, wish[name]));
  }

  /** Undefined: there is nothing to roll back to, and it is refused. */
  rollback(): boolean | undefined {
    const targets = [...this.components.values()].flatMap((component) => {
      const target = targetOf(component);
      return target === undefined ? [] : [{ component, target }];
    });
    if (targets.length === 0) return undefined;
    for (const { component, target } of targets) {
      component.current = target.number;
      component.declared = target.version;
      component.desired = "running";
      component.container = { version: target.version, up: true };
    }
    return true;
  }

  stop(): boolean | undefined {
    if (this.components.size === 0) return undefined;
    return this.#each((component) => {
      component.desired = "stopped";
      if (component.container !== undefined) component.container.up = false;
      return true;
    });
  }

  start(): boolean | undefined {
    if (this.components.size === 0) return undefined;
    return this.#each((component) => {
      component.desired = "running";
      return this.#bringUp(component);
    });
  }

  restart(): boolean | undefined {
    return this.start();
  }

  remove(): boolean | undefined {
    if (this.components.size === 0) return undefined;
    this.components.clear();
    return true;
  }

  heal(name: Name): boolean | undefined {
    const component = this.components.get(name);
    if (component === undefined) return undefined;
    if (component.desired === "running") return this.#bringUp(component);
    if (component.container !== undefined) component.container.up = false;
    return true;
  }

  exit(name: Name): void {
    const container = this.components.get(name)?.container;
    if (container !== undefined) container.up = false;
  }

  vanish(name: Name): void {
    const component = this.components.get(name);
    if (component !== undefined) component.container = undefined;
  }

  #each(act: (component: ComponentModel, name: Name) => boolean): boolean {
    return [...this.components].map(([name, component]) => act(component, name)).every((ok) => ok);
  }

  #deployOne(component: ComponentModel, version: string): boolean {
    if (component.container?.version === version) {
      Object.assign(component, { declared: version, desired: "running" });
      component.container.up = true;
      return true;
    }
    if (version === BAD) return false;
    const number = Math.max(component.current, ...component.kept.map((each) => each.number)) + 1;
    const made: Kept = { number, version, replaced: component.current };
    const replaced = component.kept.filter((each) => each.number === made.replaced);
    const others = component.kept.filter((each) => each.number !== made.replaced);
    component.kept = [made, ...replaced, ...others].slice(0, KEPT).sort((one, other) => other.number - one.number);
    Object.assign(component, { current: number, declared: version, desired: "running" });
    component.container = { version, up: true };
    return true;
  }

  #bringUp(component: ComponentModel): boolean {
    if (component.container !== undefined) {
      component.container.up = true;
      return true;
    }
    if (component.current === 0) return this.#deployOne(component, component.declared);
    const version = component.kept.find(({ number }) => number === component.current)?.version ?? "";
    component.container = { version, up: true };
    return true;
  }
}

function targetOf({ current, kept }: ComponentModel): Kept | undefined {
  const replaced = kept.find(({ number }) => number === current)?.replaced;
  return kept.find(({ number }) => number === replaced && number !== current) ?? kept.find(({ number }) => number < current);
}
