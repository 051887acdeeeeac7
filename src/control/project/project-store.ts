import type { ProjectDefinition } from "../../api/server-definition.ts";
import type { Project } from "./project.ts";

/** What project use cases need from storage. */
export interface ProjectStore {
  /** Saves the project with its servers, in that order, in one transaction. Throws `conflict`/`PROJECT_NAME_TAKEN`. */
  insert(project: Project, serverIds: readonly string[]): Promise<void>;
  byName(name: string): Promise<Project | undefined>;
  /** Every project with the handles of its servers in their order. */
  definitions(): Promise<ProjectDefinition[]>;
}
