import { randomUUID } from "node:crypto";
import { mkdir, open, readdir, readFile, realpath, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { AppError, toAppError } from "../core/app-error.ts";
import { requireDistinctContainers } from "./container-clash.ts";
import { formatServiceDefinition } from "./format-service-definition.ts";
import { MAX_DEFINITION_BYTES, parseServiceDefinition, tooLarge } from "./parse-service-definition.ts";
import { rewriteServiceDefinition } from "./rewrite-service-definition.ts";
import type { ServiceDefinition } from "./service-definition.ts";
import { setActive } from "./set-active.ts";

/** A definition with the file and the text that it comes from. */
export interface ServiceFile {
  readonly path: string;
  readonly text: string;
  readonly definition: ServiceDefinition;
}

/** Throws `not_found`/`SERVICE_DEFINITION_UNREADABLE`, `invalid`/`SERVICE_DEFINITION_INVALID`. */
export async function loadServiceDefinition(path: string): Promise<ServiceDefinition> {
  return (await readServiceFile(path)).definition;
}

/** As `loadServiceDefinition`, with the text. */
export async function readServiceFile(path: string): Promise<ServiceFile> {
  const text = await readText(path);
  return { path, text, definition: parseServiceDefinition(text, path) };
}

/** Every definition of a folder by the order of its files, and what is wrong with those that are none. */
export interface ServiceFolder {
  readonly files: readonly ServiceFile[];
  readonly failures: readonly { readonly path: string; readonly error: AppError }[];
}

/**
 * Reads the files of a folder that end in `.toml` and do not begin with a dot; of two that define one service the second
 * is a failure, `invalid`/`SERVICE_DEFINED_TWICE`. Throws `not_found`/`SERVICE_DEFINITION_UNREADABLE` for the folder alone.
 */
export async function readServiceFolder(folder: string): Promise<ServiceFolder> {
  const files: ServiceFile[] = [];
  const failures: { path: string; error: AppError }[] = [];
  for (const name of await tomlFilesOf(folder)) {
    const path = join(folder, name);
    try {
      const file = await readServiceFile(path);
      requireOnce(file, files);
      files.push(file);
    } catch (thrown) {
      failures.push({ path, error: toAppError(thrown) });
    }
  }
  return { files, failures };
}

/**
 * Every definition of a folder. Throws the first failure of `readServiceFolder`, and `conflict`/`CONTAINER_NAMES_CLASH`
 * where two services would have one container.
 */
export async function loadServiceDefinitions(folder: string): Promise<readonly ServiceDefinition[]> {
  const { files, failures } = await readServiceFolder(folder);
  const [failure] = failures;
  if (failure !== undefined) throw failure.error;
  const definitions = files.map(({ definition }) => definition);
  requireDistinctContainers(definitions);
  return definitions;
}

/**
 * Writes a definition, whole or not at all. A file that is there already is changed where it differs and keeps its
 * comments, its mode and what links to it; `replace` writes it anew instead, whatever is in it.
 *
 * Throws `precondition`/`SERVICE_DEFINITION_NOT_EDITABLE`, `precondition`/`SERVICE_DEFINITION_UNWRITABLE`, and as
 * `loadServiceDefinition` where what is there is no definition.
 */
export async function writeServiceDefinition(
  path: string,
  definition: ServiceDefinition,
  options: { readonly replace?: boolean } = {},
): Promise<void> {
  const text = options.replace === true || !(await exists(path)) ? undefined : await readText(path);
  const written = text === undefined ? formatServiceDefinition(definition) : rewriteServiceDefinition(text, definition, path);
  if (written !== text) await replaceText(path, written);
}

/** Says in a file whether its service should run, and changes nothing else in it. Throws as `writeServiceDefinition`. */
export async function setActiveInFile(path: string, active: boolean): Promise<void> {
  const text = await readText(path);
  const written = setActive(text, active, path);
  if (written !== text) await replaceText(path, written);
}

function requireOnce({ path, definition }: ServiceFile, before: readonly ServiceFile[]): void {
  const other = before.find((file) => file.definition.name === definition.name);
  if (other === undefined) return;
  throw new AppError("invalid", "SERVICE_DEFINED_TWICE", `${path}: ${other.path} defines the service ${definition.name} too`, {
    hint: "a service has one file",
  });
}

async function tomlFilesOf(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).filter((name) => name.endsWith(".toml") && !name.startsWith(".")).sort();
  } catch (cause) {
    throw unreadable(folder, cause);
  }
}

/** A pipe that is read would never end, so it is looked at first. */
async function readText(path: string): Promise<string> {
  try {
    const found = await stat(path);
    if (found.isFile()) {
      if (found.size > MAX_DEFINITION_BYTES) throw tooLarge(path);
      return await readFile(path, "utf8");
    }
  } catch (cause) {
    throw cause instanceof AppError ? cause : unreadable(path, cause);
  }
  throw unreadable(path, { code: "no regular file" });
}

async function replaceText(path: string, text: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    const target = await realpath(path).catch(() => path);
    const mode = await stat(target).then(
      (found) => found.mode & 0o777,
      () => 0o644,
    );
    await replaceFile(target, text, mode);
  } catch (cause) {
    throw new AppError("precondition", "SERVICE_DEFINITION_UNWRITABLE", `${path} cannot be written: ${codeOf(cause)}`, { cause });
  }
}

async function replaceFile(target: string, text: string, mode: number): Promise<void> {
  const temporary = join(dirname(target), `.${basename(target)}.${randomUUID()}.tmp`);
  // "wx" opens no file that is there and follows no link.
  const file = await open(temporary, "wx", mode);
  try {
    await file.chmod(mode);
    await file.writeFile(text);
    await file.sync();
    await rename(temporary, target);
  } catch (thrown) {
    await rm(temporary, { force: true });
    throw thrown;
  } finally {
    await file.close();
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (cause) => !["ENOENT", "ENOTDIR"].includes(codeOf(cause)),
  );
}

function unreadable(path: string, cause: unknown): AppError {
  return new AppError("not_found", "SERVICE_DEFINITION_UNREADABLE", `${path} cannot be read: ${codeOf(cause)}`, { cause });
}

function codeOf(cause: unknown): string {
  return (cause as { code?: string }).code ?? "unknown cause";
}
