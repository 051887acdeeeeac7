import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Check, type Verdicts, verdictsOf } from "./verdicts.ts";

/** The suite names a folder by leg, scenario and time; a scenario's own name may hold a slash. */
const FOLDER = /^(?:server-)?(.+)-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-\d{3}Z$/;

/** Reads the results that the suite has written to a folder. A scenario that left none has failed as a whole. */
export async function readVerdicts(folder: string): Promise<Verdicts> {
  const verdicts: Record<string, Verdicts[string]> = {};
  const entries = (await readdir(folder, { recursive: true })).sort();
  for (const entry of entries.filter((path) => FOLDER.test(path) && !FOLDER.test(dirname(path)))) {
    const scenario = FOLDER.exec(entry)?.[1] ?? entry;
    verdicts[scenario] = verdictsOf(await readChecks(join(folder, entry, "checks.json")));
  }
  return verdicts;
}

async function readChecks(path: string): Promise<readonly Check[]> {
  const file = Bun.file(path);
  return (await file.exists()) ? await file.json() : [{ id: "scenario", name: "Ends", status: "FAILURE" }];
}
