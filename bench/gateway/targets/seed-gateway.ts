import type { Backing } from "../../../src/api/server-definition.ts";
import { seedProject } from "../../../test/support/seed-project.ts";

export const PROJECT = "bench";

/** Fills a new data folder with the project `bench` and these servers; returns a token for it. */
export function seedGateway(dataDir: string, servers: Readonly<Record<string, Backing>>): Promise<string> {
  return seedProject(dataDir, PROJECT, servers);
}
