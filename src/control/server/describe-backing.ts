import type { Backing } from "../../api/server-definition.ts";

/** What an audit event says of a backing: neither arguments nor values, any of which may be a secret. */
export function describeBacking(backing: Backing): Readonly<Record<string, unknown>> {
  switch (backing.kind) {
    case "builtin":
      return { kind: "builtin", name: backing.name };
    case "stdio":
      return { kind: "stdio", command: backing.command, args: backing.args.length, variables: namesOf(backing.env, backing.secretEnv) };
    case "component": {
      const { node, service, component, port, path } = backing;
      return { kind: "component", node, service, component, port, path };
    }
    case "url": {
      const { origin, pathname } = new URL(backing.url);
      return { kind: "url", url: `${origin}${pathname}`, headers: namesOf(backing.headers, backing.secretHeaders) };
    }
  }
}

function namesOf(...records: readonly (object | undefined)[]): string[] {
  return records.flatMap((record) => Object.keys(record ?? {}));
}
