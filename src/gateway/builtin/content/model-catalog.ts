import type { ContentTables } from "../../../store/content-schema.ts";
import { type AllowList, type AllowListOf, flag, integer, optionalText, text } from "./field-spec.ts";

export interface Model {
  readonly table: keyof ContentTables & string;
  readonly fields: AllowList;
}

function model<T extends keyof ContentTables & string>(table: T, fields: AllowListOf<ContentTables[T]>): Model {
  return { table, fields: fields as AllowList };
}

const element = {
  id: integer,
  name: text,
  description: text,
  category: integer,
  locked: flag,
  disabled: flag,
  createdon: integer,
  editedon: integer,
} as const;

/** The models that `evo.model.list` and `evo.model.get` read, each with its allow-list. */
export const MODELS = {
  SiteTemplate: model("content_template", {
    id: integer,
    templatename: text,
    description: text,
    editor_type: integer,
    icon: optionalText,
    category: integer,
    locked: flag,
  }),
  SiteTmplvar: model("content_tmplvar", {
    id: integer,
    name: text,
    caption: text,
    description: text,
    type: text,
    default_text: optionalText,
    display: text,
    elements: optionalText,
    rank: integer,
    category: integer,
    locked: flag,
  }),
  SiteTmplvarContentvalue: model("content_tmplvar_value", { id: integer, contentid: integer, tmplvarid: integer, value: text }),
  SiteSnippet: model("content_snippet", element),
  SitePlugin: model("content_plugin", element),
  SiteModule: model("content_module", {
    id: integer,
    name: text,
    description: text,
    category: integer,
    disabled: flag,
    createdon: integer,
    editedon: integer,
  }),
  Category: model("content_category", { id: integer, category: text }),
  User: model("content_user", {
    id: integer,
    username: text,
    isfrontend: flag,
    createdon: integer,
    editedon: integer,
    blocked: flag,
    blockeduntil: integer,
    blockedafter: integer,
  }),
  UserAttribute: model("content_user_attribute", {
    id: integer,
    internalKey: integer,
    fullname: text,
    email: text,
    phone: optionalText,
    mobilephone: optionalText,
    blocked: flag,
    blockeduntil: integer,
    blockedafter: integer,
    failedlogincount: integer,
    logincount: integer,
    lastlogin: integer,
  }),
  UserRole: model("content_user_role", {
    id: integer,
    name: text,
    description: text,
    frames: integer,
    home: integer,
    rank: integer,
    locked: flag,
  }),
  Permissions: model("content_permission", { id: integer, name: text, description: text }),
  PermissionsGroups: model("content_permission_group", { id: integer, name: text }),
  RolePermissions: model("content_role_permission", { id: integer, role_id: integer, permission: text }),
} as const satisfies Readonly<Record<string, Model>>;

export type ModelName = keyof typeof MODELS;

export const MODEL_NAMES = Object.keys(MODELS) as readonly ModelName[];
