import type { ContentTables } from "./content-schema.ts";

/** Instants are ISO 8601 text in UTC (`2026-01-31T12:00:00.000Z`): it sorts, and every engine keeps it as it is. */
type Instant = string;

/** Booleans are 0 and 1: not every engine has them. */
type Flag = 0 | 1;

export interface UserTable {
  id: string;
  username: string;
  /** Null: no password was given yet, so none opens the account. */
  password_hash: string | null;
  admin: Flag;
  created_at: Instant;
}

export interface ProjectTable {
  id: string;
  name: string;
  owner_id: string;
  created_at: Instant;
}

export interface ServerTable {
  id: string;
  handle: string;
  /** JSON of `Backing`. */
  backing: string;
  enabled: Flag;
  created_at: Instant;
}

export interface ProjectServerTable {
  project_id: string;
  server_id: string;
  position: number;
}

export interface McpTokenTable {
  id: string;
  name: string;
  project_id: string;
  owner_id: string;
  /** What lists may show of the token. */
  head: string;
  /** SHA-256 of the raw token in hex; the raw token is stored nowhere. */
  sha256: string;
  created_at: Instant;
  expires_at: Instant | null;
  revoked_at: Instant | null;
}

export interface EndedSessionTable {
  /** SHA-256 of the sealed session's random id in hex. */
  id_hash: string;
  /** The session's absolute limit: after it the row has no use. */
  expires_at: Instant;
}

export interface Schema extends ContentTables {
  users: UserTable;
  projects: ProjectTable;
  servers: ServerTable;
  project_servers: ProjectServerTable;
  mcp_tokens: McpTokenTable;
  ended_sessions: EndedSessionTable;
}
