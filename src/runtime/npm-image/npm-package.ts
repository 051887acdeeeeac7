import { AppError } from "../../core/app-error.ts";

/** A package of npm's registry that is an MCP server over stdio. */
export interface NpmPackage {
  /** `@scope/name` or `name`. */
  readonly name: string;
  /** A version, a range or a tag; undefined: the latest. */
  readonly wanted: string | undefined;
}

const SHAPE = /^npm:((?:@[a-z0-9][a-z0-9._-]*\/)?[a-z0-9][a-z0-9._-]*)(?:@([A-Za-z0-9][A-Za-z0-9.+_-]*|[\^~][0-9][A-Za-z0-9.+_-]*))?$/;
const MAX_LENGTH = 214;

/** Undefined for what does not begin with `npm:`. Throws `invalid`/`NPM_PACKAGE_INVALID`. */
export function parseNpmPackage(text: string): NpmPackage | undefined {
  if (!text.startsWith("npm:")) return undefined;
  const [, name, wanted] = text.length > MAX_LENGTH ? [] : (SHAPE.exec(text) ?? []);
  if (name !== undefined) return { name, wanted };
  throw new AppError("invalid", "NPM_PACKAGE_INVALID", `${text.slice(0, 80)} is no package of npm's`, {
    hint: "write npm:NAME, npm:@SCOPE/NAME or npm:NAME@VERSION",
  });
}

/** What a package says of itself, as far as it matters here. */
export interface PackageManifest {
  readonly name: string;
  readonly version: string;
  readonly bin?: string | Readonly<Record<string, string>>;
}

/**
 * The script that starts a package, relative to its folder: its only one, the one that is called as the package, or the
 * one that is asked for. Throws `precondition`/`NPM_PACKAGE_NO_PROGRAM`, naming those that there are.
 */
export function scriptOf({ name, bin }: PackageManifest, asked?: string): string {
  const programs = typeof bin === "string" ? { [baseOf(name)]: bin } : { ...bin };
  const names = Object.keys(programs);
  const chosen = asked ?? (names.length === 1 ? names[0] : names.find((each) => each === baseOf(name)));
  const script = chosen === undefined ? undefined : programs[chosen];
  if (script !== undefined && isInside(script)) return script.replace(/^\.\//, "");
  const hint = names.length === 0 ? "a server that npx can start has one" : `it has ${names.join(", ")}; choose with --bin`;
  throw new AppError(
    "precondition",
    "NPM_PACKAGE_NO_PROGRAM",
    `The package ${name} has no program${asked === undefined ? "" : ` ${asked}`}`,
    {
      hint,
    },
  );
}

/** The image of a package at one version. Images of `localhost/` are never pulled. */
export function npmImageName({ name, version }: PackageManifest): string {
  return `localhost/mcpctl/npm/${name.replace("@", "")}:${version.replaceAll("+", "_")}`;
}

/** A name for what runs it: letters, digits and '-', as services have. */
export function serviceNameOf(packageName: string): string {
  const plain = baseOf(packageName)
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^[^a-z]+|-+$/g, "");
  return plain === "" ? "server" : plain.slice(0, 32).replace(/-+$/, "");
}

/**
 * An image with nothing but our executable, its libraries and the package: the executable is the bridge, and the runtime
 * of the script as well. `libraries` are copied to where the dynamic linker looks for them.
 */
export function npmContainerfile(packageName: string, script: string): string {
  const entry = [
    "/mcplocal",
    "bridge",
    "--host",
    "0.0.0.0",
    "--port",
    "8080",
    "--script",
    `/app/node_modules/${packageName}/${script}`,
    "--",
  ];
  return `${[
    "FROM scratch",
    "COPY root /",
    "ENV HOME=/tmp",
    "WORKDIR /tmp",
    "USER 10001:10001",
    "EXPOSE 8080",
    `ENTRYPOINT ${JSON.stringify(entry)}`,
  ].join("\n")}\n`;
}

function baseOf(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1);
}

function isInside(script: string): boolean {
  return !script.startsWith("/") && !script.split("/").includes("..");
}
