import { NODE_NAME, NODE_NAME_RULE } from "../core/node-name.ts";
import { oneLine } from "../core/one-line.ts";
import { invalidDefinition } from "./invalid-definition.ts";

/** Services and components. No dot and no underscore: `<name>.next` and the like are the agent's own. */
const NAME = /^[a-z][a-z0-9-]{0,39}$/;
/** What the engines take as the name of a volume or a network. */
const ENGINE_NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/;
const USER = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,31}(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,31})?$/;

/** Words that podman reads as a way to share or replace a network, and not as the name of one. */
const NETWORK_MODES = new Set(["private", "slirp4netns", "pasta", "pod"]);

/** The name of a service or a component. Throws `invalid`/`SERVICE_DEFINITION_INVALID`, as all here. */
export function parseName(text: string): string {
  if (NAME.test(text)) return text;
  throw invalidDefinition(`'${oneLine(text, 60)}' is no name`, "write 1 to 40 of a-z, 0-9 and '-', beginning with a letter");
}

export function parseNodeName(text: string): string {
  if (NODE_NAME.test(text)) return text;
  throw invalidDefinition(`'${oneLine(text, 80)}' is no name of a node`, `write ${NODE_NAME_RULE}`);
}

/** `none`, or a network's name. Those of the host and of other containers are refused. */
export function parseNetwork(text: string): string {
  if (text === "host" || text.startsWith("host:")) {
    throw invalidDefinition(
      "a component never shares the host's network",
      "leave network out, and publish the ports that it needs; the agent's proxy reaches all of them",
    );
  }
  if (ENGINE_NAME.test(text) && !NETWORK_MODES.has(text)) return text;
  throw invalidDefinition(`'${oneLine(text, 80)}' is no network`, "write the name of a network, or none");
}

export function isEngineName(text: string): boolean {
  return ENGINE_NAME.test(text);
}

/** `uid`, `uid:gid`, or names. */
export function parseUser(text: string): string {
  if (USER.test(text)) return text;
  throw invalidDefinition(`'${oneLine(text, 80)}' is no user`, "write uid, uid:gid, or names, as in 10001:10001");
}
