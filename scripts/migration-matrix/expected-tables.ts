import type { Schema } from "../../src/store/schema.ts";

/** Every table with its columns, written down apart from the migrations that make them. */
export const COLUMNS: Readonly<Record<keyof Schema, string>> = {
  audit_anchors: "writer sequence hash at",
  audit_events: `writer sequence at kind outcome status code actor_kind actor_id actor_name user_name token_name token_sha project server
    tool method action resource resource_name trace_id address duration_ms detail hash`,
  audit_moments: "field value moment writer",
  content_category: "id category",
  content_document: `id parent pagetitle longtitle description alias published deleted hidemenu menuindex template createdon editedon
    pub_date unpub_date isfolder type`,
  content_module: "id name description category disabled createdon editedon",
  content_permission: "id name description",
  content_permission_group: "id name",
  content_plugin: "id name description category locked disabled createdon editedon",
  content_role_permission: "id role_id permission",
  content_snippet: "id name description category locked disabled createdon editedon",
  content_template: "id templatename description editor_type icon category locked",
  content_tmplvar: "id name caption description type default_text display elements rank category locked",
  content_tmplvar_value: "id contentid tmplvarid value",
  content_user: `id username password cachepwd verified_key refresh_token access_token isfrontend createdon editedon blocked blockeduntil
    blockedafter`,
  content_user_attribute: `id internalKey fullname email phone mobilephone sessionid blocked blockeduntil blockedafter failedlogincount
    logincount lastlogin`,
  content_user_role: "id name description frames home rank locked",
  dispatch_tasks: `id key_hash payload_hash principal target idempotency_key method trace_id state owner lease_until outcome
    created_at expires_at
    project server tool params caller lane attempts repeatable cancel_asked max_attempts turn run_at start_by last_error progress
    started_at finished_at updated_at`,
  ended_sessions: "id_hash expires_at",
  feed: "id revision",
  feed_entries: "revision position kind ref at",
  gateways: "id version created_at updated_at name description head sha256 last_seen_at",
  mcp_tokens: `id name active_name project_id owner_id description head sha256 created_at expires_at revoked_at last_used_at`,
  nodes: "id name description address certificate version created_at updated_at",
  project_servers: "project_id server_id position",
  projects: "id name owner_id description version created_at updated_at",
  prompts: "id version created_at updated_at project_id name description arguments template",
  rbac_definitions: "id version created_at updated_at name role_bindings token_id",
  rbac_subjects: "definition_id position kind name",
  revoked_jwts: "jti expires_at",
  secrets: "id version created_at updated_at name description ciphertext",
  servers: "id handle backing enabled description rate_limit write_tools policy version created_at updated_at",
  sessions: "id user_id sha256 client created_at last_used_at expires_at address user_agent",
  signing_keys: "kid ciphertext public_jwk created_at retires_at expires_at",
  user_group_members: "group_id user_id",
  user_groups: "id version created_at updated_at name description",
  users: "id username email password_hash roles disabled version created_at updated_at",
  workers: "name kind description build active created_at updated_at seen_at",
};

/** What must be unique besides the primary keys of `id`. */
export const UNIQUE: readonly string[] = [
  "audit_anchors(writer)",
  "audit_events(writer, sequence)",
  "audit_moments(field, value, moment, writer)",
  "content_tmplvar(name)",
  "content_tmplvar_value(contentid, tmplvarid)",
  "content_user(username)",
  "dispatch_tasks(key_hash)",
  "ended_sessions(id_hash)",
  "feed_entries(revision, position)",
  "gateways(name)",
  "gateways(sha256)",
  "mcp_tokens(project_id, active_name)",
  "mcp_tokens(sha256)",
  "nodes(name)",
  "project_servers(project_id, server_id)",
  "projects(name)",
  "prompts(project_id, name)",
  "rbac_definitions(name)",
  "rbac_subjects(definition_id, position)",
  "revoked_jwts(jti)",
  "secrets(name)",
  "servers(handle)",
  "sessions(sha256)",
  "signing_keys(kid)",
  "user_group_members(group_id, user_id)",
  "user_groups(name)",
  "users(email)",
  "users(username)",
];

/** Other indexes. An engine may have more of its own. */
export const INDEXES: readonly string[] = [
  "audit_events(at, writer, sequence)",
  "audit_moments(moment)",
  "audit_events(trace_id)",
  "content_document(parent, menuindex, id)",
  "dispatch_tasks(expires_at)",
  "dispatch_tasks(principal, created_at)",
  "dispatch_tasks(principal, state, lane, turn)",
  "dispatch_tasks(state, lane, turn, created_at)",
  "dispatch_tasks(state, lease_until)",
  "mcp_tokens(owner_id)",
  "rbac_definitions(token_id)",
  "rbac_subjects(kind, name)",
  "sessions(user_id)",
  "user_group_members(user_id)",
];

/** Every reference, and whether the row goes with the one it refers to. */
export const REFERENCES: readonly string[] = [
  "mcp_tokens(owner_id) to users",
  "mcp_tokens(project_id) to projects, goes with it",
  "project_servers(project_id) to projects, goes with it",
  "project_servers(server_id) to servers, goes with it",
  "projects(owner_id) to users",
  "prompts(project_id) to projects, goes with it",
  "rbac_definitions(token_id) to mcp_tokens, goes with it",
  "rbac_subjects(definition_id) to rbac_definitions, goes with it",
  "sessions(user_id) to users, goes with it",
  "user_group_members(group_id) to user_groups, goes with it",
  "user_group_members(user_id) to users, goes with it",
];
