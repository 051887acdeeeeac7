import { existsSync } from "node:fs";
import { join } from "node:path";
import { AppError } from "../../core/app-error.ts";
import { readServiceFile, readServiceFolder, type ServiceFile } from "../../service-definition/service-files.ts";

/** Where the file of a service is that nobody named another one for. */
export function serviceFilePath(servicesDir: string, service: string): string {
  return join(servicesDir, `${service}.toml`);
}

/**
 * The file of a service: the one that is named, else the one at its place; undefined where there is none there. Throws as
 * `readServiceFile`, and `invalid`/`SERVICE_FILE_OF_ANOTHER`.
 */
export async function findServiceFile(servicesDir: string, service: string, named: string | undefined): Promise<ServiceFile | undefined> {
  const path = named ?? serviceFilePath(servicesDir, service);
  if (named === undefined && !existsSync(path)) return undefined;
  const file = await readServiceFile(path);
  if (file.definition.name === service) return file;
  throw new AppError("invalid", "SERVICE_FILE_OF_ANOTHER", `${path} is about the service ${file.definition.name}, not ${service}`, {
    hint: `name the service as in the file: ${file.definition.name}`,
  });
}

/** The definitions of a folder, and what is wrong with the others. Throws as `readServiceFolder`, with where the folder is set. */
export async function readServicesDir(servicesDir: string) {
  try {
    const { files, failures } = await readServiceFolder(servicesDir);
    return { files, failures: failures.map(({ error }) => error) };
  } catch (thrown) {
    if (!(thrown instanceof AppError)) throw thrown;
    throw new AppError(thrown.code, thrown.reason, `The folder of services ${thrown.message}`, {
      cause: thrown,
      hint: "services.dir of the configuration, or MCP_SERVICES_DIR, says where it is",
    });
  }
}
