import { type ServiceFile, setActiveInFile } from "../../service-definition/service-files.ts";
import type { CliOutput } from "../ports.ts";

/** Writes to a service's file whether it should run, and says so; its comments stay. A file that says it already is left alone. */
export async function writeActive(output: CliOutput, { path, definition }: ServiceFile, active: boolean): Promise<void> {
  if (definition.active === active) return;
  await setActiveInFile(path, active);
  output.stderr(`${path} says active = ${active} now\n`);
}
