import type { ContentTables } from "./content-schema.ts";

/** Instants are ISO 8601 text in UTC (`2026-01-31T12:00:00.000Z`): it sorts, and every engine keeps it as it is. */
type Instant = string;

/** Booleans are 0 and 1: not every engine has them. */
type Flag = 0 | 1;

/** What a resource that may change has: `version` counts its changes from 1 and is its ETag. */
interface Versioned {
  version: number;
  created_at: Instant;
  updated_at: Instant;
}

export interface UserTable extends Versioned {
  id: string;
  username: string;
  email: string | null;
  /** Null: no password was given yet, so none opens the account. */
  password_hash: string | null;
  /** JSON array: `admin`, or roles on every resource. */
  roles: string;
  disabled: Flag;
}

/** `groups` alone is a word of MySQL's. */
export interface UserGroupTable extends Versioned {
  id: string;
  name: string;
  description: string;
}

export interface UserGroupMemberTable {
  group_id: string;
  user_id: string;
}

export interface RbacDefinitionTable extends Versioned {
  id: string;
  name: string;
  /** JSON array of `RoleBinding`. */
  role_bindings: string;
  /** The token that this definition was made for and goes with. */
  token_id: string | null;
}

export interface RbacSubjectTable {
  definition_id: string;
  /** In the order in which they were given. */
  position: number;
  kind: "User" | "Group" | "McpToken";
  /** User name or email, group's name, or a token's SHA-256. */
  name: string;
}

export interface ProjectTable extends Versioned {
  id: string;
  name: string;
  description: string;
  owner_id: string;
}

export interface ServerTable extends Versioned {
  id: string;
  handle: string;
  description: string;
  /** JSON of `Backing`. */
  backing: string;
  enabled: Flag;
  /** Calls a minute that one identity may make; null: the installation's limit, 0: none. */
  rate_limit: number | null;
  write_tools: Flag;
  /** JSON of `ServerPolicy`. */
  policy: string;
}

export interface ProjectServerTable {
  project_id: string;
  server_id: string;
  position: number;
}

export interface PromptTable extends Versioned {
  id: string;
  project_id: string;
  name: string;
  description: string;
  /** JSON array of `PromptArgument`. */
  arguments: string;
  template: string;
}

export interface SecretTable extends Versioned {
  id: string;
  name: string;
  description: string;
  /** The value, encrypted. */
  ciphertext: string;
}

export interface McpTokenTable {
  id: string;
  name: string;
  /** The name while the token counts under it, null once it is revoked: unique in its project. */
  active_name: string | null;
  project_id: string;
  owner_id: string;
  description: string;
  /** What lists may show of the token. */
  head: string;
  /** SHA-256 of the raw token in hex; the raw token is stored nowhere. */
  sha256: string;
  created_at: Instant;
  expires_at: Instant | null;
  revoked_at: Instant | null;
  last_used_at: Instant | null;
}

/** A log-in of a person. */
export interface SessionTable {
  id: string;
  user_id: string;
  sha256: string;
  client: "cli" | "browser";
  created_at: Instant;
  last_used_at: Instant;
  expires_at: Instant;
  address: string | null;
  user_agent: string | null;
}

/** A key that signs JWTs. */
export interface SigningKeyTable {
  kid: string;
  /** The private JWK, encrypted. */
  ciphertext: string;
  /** JSON of the public JWK. */
  public_jwk: string;
  created_at: Instant;
  /** From here on it signs nothing new. */
  retires_at: Instant;
  /** From here on it verifies nothing. */
  expires_at: Instant;
}

export interface RevokedJwtTable {
  jti: string;
  /** After it the row has no use. */
  expires_at: Instant;
}

/** A gateway apart from mcpd that has an identity of its own. */
export interface GatewayTable extends Versioned {
  id: string;
  name: string;
  description: string;
  head: string;
  sha256: string;
  last_seen_at: Instant | null;
}

/** A machine with an agent; `certificate` is PEM. */
export interface NodeTable extends Versioned {
  id: string;
  name: string;
  description: string;
  address: string;
  certificate: string | null;
}

/** One row: the revision of the last change. Every change locks it last, so that revisions commit in their order. */
export interface FeedTable {
  id: number;
  revision: number;
}

/** What each revision has touched, kept for a while for those who watch. */
export interface FeedEntryTable {
  revision: number;
  position: number;
  kind: string;
  ref: string;
  at: Instant;
}

export interface AuditEventTable {
  writer: string;
  sequence: number;
  at: Instant;
  kind: string;
  outcome: string;
  status: number | null;
  code: string | null;
  actor_kind: string;
  actor_id: string;
  actor_name: string;
  /** The user behind it: the one who calls, or the owner of the token. */
  user_name: string | null;
  token_name: string | null;
  token_sha: string | null;
  project: string | null;
  server: string | null;
  tool: string | null;
  method: string | null;
  action: string | null;
  resource: string | null;
  resource_name: string | null;
  trace_id: string | null;
  address: string | null;
  duration_ms: number | null;
  /** JSON, redacted. */
  detail: string | null;
  /** SHA-256 over the row before and this one. */
  hash: string;
}

/** The columns by whose values events are looked for. */
export type SoughtField = "token_name" | "token_sha" | "user_name" | "project";

/** That `writer` has events with this value in this field within this moment. */
export interface AuditMomentTable {
  field: SoughtField;
  value: string;
  /** The beginning of an instant's text, down to a tenth of a second. */
  moment: string;
  writer: string;
}

/** Where retention has cut a writer's chain: the last event that is gone. */
export interface AuditAnchorTable {
  writer: string;
  sequence: number;
  hash: string;
  at: Instant;
}

export interface EndedSessionTable {
  /** SHA-256 of the sealed session's random id in hex. */
  id_hash: string;
  /** The session's absolute limit: after it the row has no use. */
  expires_at: Instant;
}

/** A dispatched call, kept until its idempotency key is free again. */
export interface DispatchTaskTable {
  id: string;
  /** SHA-256 of principal, target and idempotency key: no engine takes two keys for one by its letters' case. */
  key_hash: string;
  payload_hash: string;
  principal: string;
  target: string;
  idempotency_key: string;
  method: string;
  trace_id: string;
  state: "queued" | "preparing" | "running" | "finished" | "failed" | "canceled";
  /** Who carries it out, empty while it waits; every change by them is guarded by it. */
  owner: string;
  lease_until: Instant;
  /** JSON of the result or the error; null while it runs. */
  outcome: string | null;
  created_at: Instant;
  expires_at: Instant;
  project: string | null;
  /** The server's handle, of a task that was dispatched on a route of one server. */
  server: string | null;
  tool: string | null;
  /** JSON text as it came; null where there were none. */
  params: string | null;
  /** JSON: what the credential opened then. Null: the gateway that has the request carries it out itself. */
  caller: string | null;
  /** 0 is taken first. */
  lane: number;
  attempts: number;
  max_attempts: number;
  /** Carrying it out twice does no harm, by what its server said before it was begun. */
  repeatable: Flag;
  cancel_asked: Flag;
  /** Place in its lane: the principals' tasks alternate in it. */
  turn: number | bigint | string;
  /** Not before. */
  run_at: Instant | null;
  /** One that waits longer has failed. */
  start_by: Instant | null;
  /** JSON: why the last attempt has come to nothing. */
  last_error: string | null;
  progress: string | null;
  started_at: Instant | null;
  finished_at: Instant | null;
  updated_at: Instant | null;
}

/** What carries dispatched calls out, by name; `active` is the operators' to set. */
export interface WorkerTable {
  name: string;
  kind: string;
  description: string;
  build: string;
  active: Flag;
  created_at: Instant;
  updated_at: Instant;
  /** When one that runs said so last. */
  seen_at: Instant | null;
}

export interface Schema extends ContentTables {
  users: UserTable;
  user_groups: UserGroupTable;
  user_group_members: UserGroupMemberTable;
  rbac_definitions: RbacDefinitionTable;
  rbac_subjects: RbacSubjectTable;
  projects: ProjectTable;
  servers: ServerTable;
  project_servers: ProjectServerTable;
  prompts: PromptTable;
  secrets: SecretTable;
  mcp_tokens: McpTokenTable;
  sessions: SessionTable;
  signing_keys: SigningKeyTable;
  revoked_jwts: RevokedJwtTable;
  gateways: GatewayTable;
  nodes: NodeTable;
  feed: FeedTable;
  feed_entries: FeedEntryTable;
  audit_events: AuditEventTable;
  audit_moments: AuditMomentTable;
  audit_anchors: AuditAnchorTable;
  ended_sessions: EndedSessionTable;
  dispatch_tasks: DispatchTaskTable;
  workers: WorkerTable;
}
