import { isDeepStrictEqual } from "node:util";
import type { ProjectDefinition, PromptDefinition } from "../../api/server-definition.ts";
import { type Caller, mayShow } from "../../core/caller.ts";
import { includesName } from "../../core/permission.ts";
import { projectView, type View } from "../catalog/view.ts";
import type { ServerHost } from "../server-host.ts";

/** What a caller may see of a project. */
export interface Sight {
  /** The servers and prompts that it shows, as one text: callers with the same one share a view. */
  readonly key: string;
  /** One of the servers, or more. */
  readonly seesServer: boolean;
  readonly seesPrompt: boolean;
  /** Bindings show servers that the credential's own cap takes away again. */
  readonly capped: boolean;
}

/** Views of parts that are kept; one that was let go is made again from what the servers have listed. */
const MAX_PARTS = 256;

/**
 * A project as it is served: its servers that run, its prompts, and the views over them.
 *
 * A view is shared by all who may see the same, so that its texts are made once; what a caller sees is worked out once
 * for as long as their grant is kept. Nothing in it changes: another definition or another server makes another one.
 */
export class ServedProject {
  readonly id: string;
  readonly name: string;
  /** Of all its servers, switched off or not. */
  readonly handles: readonly string[];
  readonly prompts: readonly PromptDefinition[];
  readonly hosts: readonly ServerHost[];
  /** Everything. */
  readonly view: View;
  readonly #sights = new WeakMap<Caller, Sight>();
  readonly #parts = new Map<string, View>();

  constructor({ id, name, servers, prompts }: ProjectDefinition, hosts: readonly ServerHost[]) {
    this.id = id;
    this.name = name;
    this.handles = servers;
    this.prompts = prompts;
    this.hosts = hosts;
    this.view = projectView(hosts, prompts, name);
  }

  /** Whether nobody could tell the other one from it. */
  isLike(other: ServedProject): boolean {
    const sameHosts = this.hosts.length === other.hosts.length && this.hosts.every((host, index) => host === other.hosts[index]);
    return this.id === other.id && sameHosts && isDeepStrictEqual(this.handles, other.handles) && this.hasPromptsOf(other);
  }

  hasPromptsOf(other: ServedProject): boolean {
    return isDeepStrictEqual(this.prompts, other.prompts);
  }

  /** What this caller may view of it; where `among` is given, of these servers alone. */
  viewFor(caller: Caller, among?: ReadonlySet<ServerHost>): View {
    const part = among === undefined ? "" : this.hosts.map((host) => (among.has(host) ? "1" : "0")).join("");
    const key = `${this.sightOf(caller).key}${part}`;
    if (key === EVERYTHING) return this.view;
    const known = this.#parts.get(key);
    if (known !== undefined) return known;
    const visible = this.#visibleTo(caller);
    const hosts = among === undefined ? visible.hosts : visible.hosts.filter((host) => among.has(host));
    const { prompts } = visible;
    const view = projectView(hosts, prompts, this.name);
    this.#parts.set(key, view);
    const [oldest] = this.#parts.keys();
    if (this.#parts.size > MAX_PARTS && oldest !== undefined) this.#parts.delete(oldest);
    return view;
  }

  sightOf(caller: Caller): Sight {
    const known = this.#sights.get(caller);
    if (known !== undefined) return known;
    const sight = this.#look(caller);
    this.#sights.set(caller, sight);
    return sight;
  }

  #look(caller: Caller): Sight {
    const { hosts, prompts, handles, uncapped } = this.#visibleTo(caller);
    const everything = hosts.length === this.hosts.length && prompts.length === this.prompts.length;
    const names = [...hosts.map(({ handle }) => handle), "", ...prompts.map(({ name }) => name)];
    return {
      key: everything ? EVERYTHING : names.join("\n"),
      seesServer: handles > 0,
      seesPrompt: prompts.length > 0,
      capped: handles === 0 && uncapped > 0,
    };
  }

  #visibleTo(caller: Caller) {
    const showsServer = mayShow(caller, "servers");
    const showsPrompt = mayShow(caller, "prompts");
    const bound = caller.rights.allowedNames("view", "servers");
    return {
      uncapped: this.handles.filter((handle) => includesName(bound, handle)).length,
      handles: this.handles.filter(showsServer).length,
      hosts: this.hosts.filter(({ handle }) => showsServer(handle)),
      prompts: this.prompts.filter(({ name }) => showsPrompt(`${this.name}/${name}`)),
    };
  }
}

/** No text of names starts so. */
const EVERYTHING = "*";
