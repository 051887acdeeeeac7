/**
 * The tables of the built-in `content` server, as Kysely sees them.
 *
 * Column names are those of Evolution CMS, which its tools expose. A flag is 0 or 1, a date is
 * whole Unix seconds with 0 for "not set", so that one set of rows means the same on three engines.
 */
export interface ContentTables {
  content_document: DocumentRow;
  content_template: TemplateRow;
  content_tmplvar: TemplateVariableRow;
  content_tmplvar_value: TemplateVariableValueRow;
  content_snippet: ElementRow;
  content_plugin: ElementRow;
  content_module: ModuleRow;
  content_category: CategoryRow;
  content_user: UserRow;
  content_user_attribute: UserAttributeRow;
  content_user_role: UserRoleRow;
  content_permission: PermissionRow;
  content_permission_group: PermissionGroupRow;
  content_role_permission: RolePermissionRow;
}

/** A page of the site. `parent` 0 stands at the root. */
export interface DocumentRow {
  id: number;
  parent: number;
  pagetitle: string;
  longtitle: string;
  description: string;
  alias: string | null;
  published: number;
  deleted: number;
  hidemenu: number;
  menuindex: number;
  template: number;
  createdon: number;
  editedon: number;
  pub_date: number;
  unpub_date: number;
  isfolder: number;
  type: string;
}

export interface TemplateRow {
  id: number;
  templatename: string;
  description: string;
  editor_type: number;
  icon: string | null;
  category: number;
  locked: number;
}

/** A template variable: a field that templates add to documents. `default_text` null means no default. */
export interface TemplateVariableRow {
  id: number;
  name: string;
  caption: string;
  description: string;
  type: string;
  default_text: string | null;
  display: string;
  elements: string | null;
  rank: number;
  category: number;
  locked: number;
}

/** One value per document and variable; no row means the document has none of its own. */
export interface TemplateVariableValueRow {
  id: number;
  contentid: number;
  tmplvarid: number;
  value: string;
}

export interface ElementRow {
  id: number;
  name: string;
  description: string;
  category: number;
  locked: number;
  disabled: number;
  createdon: number;
  editedon: number;
}

export interface ModuleRow {
  id: number;
  name: string;
  description: string;
  category: number;
  disabled: number;
  createdon: number;
  editedon: number;
}

export interface CategoryRow {
  id: number;
  category: string;
}

/** `password` to `access_token` stand here as in the CMS, so that tests can prove they never leave. */
export interface UserRow {
  id: number;
  username: string;
  password: string;
  cachepwd: string;
  verified_key: string | null;
  refresh_token: string | null;
  access_token: string | null;
  isfrontend: number;
  createdon: number;
  editedon: number;
  blocked: number;
  blockeduntil: number;
  blockedafter: number;
}

export interface UserAttributeRow {
  id: number;
  internalKey: number;
  fullname: string;
  email: string;
  phone: string | null;
  mobilephone: string | null;
  sessionid: string | null;
  blocked: number;
  blockeduntil: number;
  blockedafter: number;
  failedlogincount: number;
  logincount: number;
  lastlogin: number;
}

export interface UserRoleRow {
  id: number;
  name: string;
  description: string;
  frames: number;
  home: number;
  rank: number;
  locked: number;
}

export interface PermissionRow {
  id: number;
  name: string;
  description: string;
}

export interface PermissionGroupRow {
  id: number;
  name: string;
}

export interface RolePermissionRow {
  id: number;
  role_id: number;
  permission: string;
}
