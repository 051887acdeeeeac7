import { setActive } from "../../service-definition/set-active.ts";
import { writeTextFile } from "../config/write-text-file.ts";
import type { CliOutput } from "../ports.ts";
import type { ServiceFile } from "./service-file.ts";

/** Writes to a service's file whether it should run, and says so; its comments stay. A file that says it already is left alone. */
export function writeActive(output: CliOutput, { path, text, definition }: ServiceFile, active: boolean): void {
  if (definition.active === active) return;
  writeTextFile(path, setActive(text, path, active));
  output.stderr(`${path} says active = ${active} now\n`);
}
