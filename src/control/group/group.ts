import type { GroupResource } from "../../api/resources/group.ts";
import { AppError } from "../../core/app-error.ts";

export interface Group {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  /** User names, sorted, each once. */
  readonly members: readonly string[];
  /** Counts changes from 1; a member who comes or goes is one. */
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** The members as a group keeps them. */
export function sortedMembers(members: readonly string[]): readonly string[] {
  return [...new Set(members)].sort();
}

export function groupResource({ createdAt, updatedAt, members, ...group }: Group): GroupResource {
  return { ...group, members: [...members], createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() };
}

export function groupUnknown(reference: string): AppError {
  return new AppError("not_found", "GROUP_UNKNOWN", `There is no group ${reference.slice(0, 80)}`);
}
