import { nameSchema } from "../../api/fields.ts";
import { AppError } from "../../core/app-error.ts";

export interface Project {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly ownerId: string;
  /** Counts changes from 1; a server that comes or goes is one. */
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** A project with what lists show of it. */
export interface ProjectDetails extends Project {
  /** The owner's user name. */
  readonly owner: string;
  /** Handles, in the order in which clients see them. */
  readonly servers: readonly string[];
}

export const MAX_PROJECT_SERVERS = 200;

/** Returns the name. Throws `invalid`/`PROJECT_NAME_INVALID`. */
export function parseProjectName(raw: string): string {
  const parsed = nameSchema.safeParse(raw);
  if (parsed.success) return parsed.data;
  throw new AppError("invalid", "PROJECT_NAME_INVALID", "A project name is 2-63 of a-z, 0-9 and '-', starting with a letter");
}

/** Throws `invalid`/`PROJECT_SERVERS_INVALID` for a handle that stands twice, or for too many. */
export function requireServerList(handles: readonly string[]): void {
  if (handles.length > MAX_PROJECT_SERVERS) throw serversInvalid(`has ${handles.length} servers, of at most ${MAX_PROJECT_SERVERS}`);
  const twice = handles.find((handle, index) => handles.indexOf(handle) !== index);
  if (twice !== undefined) throw serversInvalid(`${twice} stands twice`);
}

export function serversInvalid(why: string): AppError {
  return new AppError("invalid", "PROJECT_SERVERS_INVALID", `servers: ${why}`);
}

export function projectUnknown(reference: string): AppError {
  return new AppError("not_found", "PROJECT_UNKNOWN", `There is no project ${reference.slice(0, 80)}`);
}
