import { isBuiltin } from "node:module";
import { type Import, importsOf } from "../imports.ts";
import { layerOf, productFiles } from "../layers.ts";
import type { Rule } from "../source-file.ts";

/** Where a library may be imported. Core's own rule is `coreImportsNothing`. */
interface Home {
  readonly folders: readonly string[];
  /** Folders that may import the library's types besides. */
  readonly types?: readonly string[];
  /** Only these names need the home; others, and type-only imports, are at home everywhere. `*` is a whole namespace. */
  readonly names?: RegExp;
}

/**
 * The home of each library and of the runtime's own modules with a place. A new dependency
 * needs a line here and a sentence in docs/ARCHITECTURE.md.
 */
const HOMES: Readonly<Record<string, Home>> = {
  // The agent serves the contract, the command line and mcpd call it.
  "@connectrpc/connect": { folders: ["src/agent/rpc/", "src/api/agent/"] },
  "@connectrpc/connect-node": { folders: ["src/agent/rpc/", "src/api/agent/"] },
  "@bufbuild/protobuf": { folders: ["src/agent/", "src/api/", "src/service-definition/"] },
  "@opentelemetry/api": { folders: ["src/gateway/tracing/otlp/"] },
  "@opentelemetry/exporter-trace-otlp-http": { folders: ["src/gateway/tracing/otlp/"] },
  "@opentelemetry/resources": { folders: ["src/gateway/tracing/otlp/"] },
  "@opentelemetry/sdk-trace": { folders: ["src/gateway/tracing/otlp/"] },
  "bun:sqlite": { folders: ["src/store/"] },
  // main runs the program that cli has built.
  commander: { folders: ["src/cli/"], types: ["src/main/"] },
  hono: { folders: ["src/control/http/"] },
  jose: { folders: ["src/control/identity/"] },
  // Queries are written beside their nouns; engines, dialects and migrations are the store's.
  kysely: {
    folders: ["src/store/"],
    names: /^(\*|default|Kysely|Migrator|.+(Dialect|Driver|Adapter|Introspector|QueryCompiler|Plugin|MigrationProvider))$/,
  },
  mysql2: { folders: ["src/store/mysql/"] },
  "pg-boss": { folders: ["src/control/task/pgboss/"] },
  pg: { folders: ["src/store/postgres/"] },
  pino: { folders: ["src/"] },
  "prom-client": { folders: ["src/"] },
  "rate-limiter-flexible": { folders: ["src/gateway/rate/redis/"] },
  "smol-toml": { folders: ["src/main/", "src/service-definition/", "src/cli/config/", "src/agent/config/"] },
  yaml: { folders: ["src/cli/"] },
  zod: { folders: ["src/"] },
};

/** A third-party library is imported only where it is at home, so that it can be replaced there. */
export const libraryHomes: Rule = (files) =>
  productFiles(files)
    .filter((file) => layerOf(file.path) !== "core")
    .flatMap((file) =>
      importsOf(file).flatMap((found) => {
        const message = mistake(file.path, found);
        return message === undefined ? [] : [{ path: file.path, line: found.line, rule: "library-homes", message }];
      }),
    );

function mistake(path: string, found: Import): string | undefined {
  const { specifier } = found;
  if (specifier === undefined || /^\.\.?(\/|$)/.test(specifier)) return undefined;
  const library = libraryOf(specifier);
  const home = Object.hasOwn(HOMES, library) ? HOMES[library] : undefined;
  if (home !== undefined)
    return isAtHome(path, found, home) ? undefined : `${library} is at home in ${home.folders.join(", ")}; use it there behind a port`;
  if (library === "bun:test" || library === "fast-check") return `${library} is for tests only`;
  if (isBuiltin(specifier)) return specifier.includes(":") || specifier === "bun" ? undefined : `write node:${specifier}`;
  if (library.startsWith("@modelcontextprotocol/")) return `${library} is for tests only; the product speaks the protocol through src/mcp`;
  return `${library} has no home; give it one in test/architecture/rules/library-homes.ts and a sentence in docs/ARCHITECTURE.md`;
}

function isAtHome(path: string, { names }: Import, home: Home): boolean {
  const liesIn = (folders: readonly string[]) => folders.some((folder) => path.startsWith(folder));
  if (liesIn(home.folders)) return true;
  if (names.length === 0) return false;
  if (liesIn(home.types ?? [])) return names.every(({ typeOnly }) => typeOnly);
  return home.names !== undefined && names.every(({ name, typeOnly }) => typeOnly || !home.names?.test(name));
}

/** `@scope/name/sub` → `@scope/name`, `name/sub` → `name`. */
function libraryOf(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}
