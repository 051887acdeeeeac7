import type { Backing, NodeAccess, ServerDefinition, Snapshot } from "../../api/server-definition.ts";
import { AppError } from "../../core/app-error.ts";

/** A server with the values of the secrets that its backing names, and the node that it is on: all that connecting to it takes. */
export type ServerToRun = ServerDefinition & {
  readonly secrets: Readonly<Record<string, string>>;
  /** Undefined where it is on none, or on one that is not known. */
  readonly node?: NodeAccess | undefined;
};

/** The enabled servers of a snapshot, each with its own secrets and no others. */
export function serversToRun({ servers, secrets, nodes = [] }: Snapshot): ServerToRun[] {
  return servers
    .filter(({ enabled }) => enabled)
    .map((server) => {
      const named = secretNames(server.backing).filter((name) => Object.hasOwn(secrets, name));
      const { backing } = server;
      const node = backing.kind === "component" ? nodes.find(({ name }) => name === backing.node) : undefined;
      return {
        ...server,
        secrets: Object.fromEntries(named.map((name) => [name, secrets[name] ?? ""])),
        ...(node === undefined ? {} : { node }),
      };
    });
}

/**
 * What a process gets in its environment, or a URL in its headers, by its definition: plain values, and those of
 * secrets over them. Throws `precondition`/`SECRET_MISSING` where a secret that is named does not exist.
 */
export function filledIn(
  { handle, secrets }: ServerToRun,
  plain: Readonly<Record<string, string>> | undefined,
  bySecret: Readonly<Record<string, string>> | undefined,
): Record<string, string> {
  const filled = Object.entries(bySecret ?? {}).map(([key, name]) => {
    if (!Object.hasOwn(secrets, name)) {
      throw new AppError("precondition", "SECRET_MISSING", `Server ${handle} needs the secret ${name}, which does not exist`);
    }
    return [key, secrets[name] ?? ""] as const;
  });
  return { ...plain, ...Object.fromEntries(filled) };
}

function secretNames(backing: Backing): string[] {
  if (backing.kind === "stdio") return Object.values(backing.secretEnv ?? {});
  if (backing.kind === "url") return Object.values(backing.secretHeaders ?? {});
  return [];
}
