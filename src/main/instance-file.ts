import { readFileSync, rmSync } from "node:fs";
import { z } from "zod";
import { writePrivateFile } from "./private-file.ts";

/** Who holds a data folder, and how this machine's own commands reach it. */
const instanceSchema = z.object({
  pid: z.number().int(),
  startedAt: z.string(),
  /** Undefined until it answers. */
  running: z
    .object({
      api: z.string(),
      gateway: z.string().optional(),
      /** Where the handle of a server follows; not there where the configuration has no route to one server. */
      servers: z.string().optional(),
      operatorKey: z.string(),
    })
    .optional(),
});

export type Instance = z.infer<typeof instanceSchema>;

export function writeInstance(path: string, instance: Instance): void {
  writePrivateFile(path, `${JSON.stringify(instance, null, 2)}\n`);
}

/** The instance that wrote the file last; it may be gone. Undefined where there is no such file. */
export function readInstance(path: string): Instance | undefined {
  try {
    return instanceSchema.safeParse(JSON.parse(readFileSync(path, "utf8"))).data;
  } catch {
    return undefined;
  }
}

export function removeInstance(path: string): void {
  rmSync(path, { force: true });
}
