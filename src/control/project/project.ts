import { AppError } from "../../core/app-error.ts";

export interface Project {
  readonly id: string;
  readonly name: string;
  readonly ownerId: string;
  readonly createdAt: Date;
}

const NAME = /^[a-z][a-z0-9-]{1,62}$/;

/** Returns the canonical name. Throws `invalid`/`PROJECT_NAME_INVALID`. */
export function parseProjectName(raw: string): string {
  const name = raw.trim().toLowerCase();
  if (!NAME.test(name)) {
    throw new AppError("invalid", "PROJECT_NAME_INVALID", "A project name is 2-63 of a-z, 0-9 and '-', starting with a letter");
  }
  return name;
}
