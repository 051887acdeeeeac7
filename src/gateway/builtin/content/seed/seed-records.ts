import type { ContentTables } from "../../../../store/content-schema.ts";

/** 2026-01-05 08:00 UTC. */
const FOUNDED = 1_767_600_000;
const DAY = 86_400;

/** Stands in every column that must never leave, so that a test can look for it in all that does. */
export const SECRET_MARKER = "must-never-leave";

type Records = {
  readonly [T in Exclude<
    keyof ContentTables,
    "content_document" | "content_tmplvar" | "content_tmplvar_value"
  >]: readonly ContentTables[T][];
};

const made = { createdon: FOUNDED, editedon: FOUNDED + 3 * DAY };
const open = { blocked: 0, blockeduntil: 0, blockedafter: 0 };

function secret(column: string, id: number): string {
  return `${SECRET_MARKER}-${column}-${id}`;
}

function user(id: number, username: string, isfrontend: 0 | 1, state: typeof open = open): ContentTables["content_user"] {
  return {
    id,
    username,
    password: secret("password", id),
    cachepwd: secret("cachepwd", id),
    verified_key: secret("verified_key", id),
    refresh_token: secret("refresh_token", id),
    access_token: secret("access_token", id),
    isfrontend,
    ...made,
    ...state,
  };
}

function attribute(
  id: number,
  fullname: string,
  email: string,
  phone: string | null,
  state: typeof open = open,
): ContentTables["content_user_attribute"] {
  return {
    id,
    internalKey: id,
    fullname,
    email,
    phone,
    mobilephone: null,
    sessionid: secret("sessionid", id),
    ...state,
    failedlogincount: id % 3,
    logincount: id * 17,
    lastlogin: FOUNDED + id * DAY,
  };
}

const locked = { blocked: 1, blockeduntil: FOUNDED + 30 * DAY, blockedafter: FOUNDED + DAY };

export const RECORDS: Records = {
  content_template: [
    { id: 1, templatename: "Page", description: "A plain page with a menu", editor_type: 0, icon: "fa-file", category: 1, locked: 0 },
    {
      id: 2,
      templatename: "Article",
      description: "A page with a summary and tags",
      editor_type: 0,
      icon: "fa-newspaper",
      category: 1,
      locked: 0,
    },
    { id: 3, templatename: "Product", description: "A page with a price", editor_type: 0, icon: null, category: 2, locked: 1 },
  ],
  content_snippet: [
    { id: 1, name: "Breadcrumbs", description: "The way from the root to the page", category: 1, locked: 0, disabled: 0, ...made },
    { id: 2, name: "TideNow", description: "The latest reading of a harbour", category: 2, locked: 1, disabled: 0, ...made },
    { id: 3, name: "GuestBook", description: "Not used any more", category: 1, locked: 0, disabled: 1, ...made },
  ],
  content_plugin: [
    { id: 1, name: "Tidy aliases", description: "Makes an alias from the title", category: 1, locked: 0, disabled: 0, ...made },
    { id: 2, name: "Reading time", description: "Counts words when a page is saved", category: 1, locked: 0, disabled: 0, ...made },
  ],
  content_module: [
    { id: 1, name: "Link check", description: "Finds links that lead nowhere", category: 1, disabled: 0, ...made },
    { id: 2, name: "Price list", description: "All prices on one screen", category: 2, disabled: 1, ...made },
  ],
  content_category: [
    { id: 1, category: "Site" },
    { id: 2, category: "Products" },
  ],
  content_user: [
    user(1, "admin", 0),
    user(2, "mirela", 0),
    user(3, "tobias", 0),
    user(4, "harbour-office", 1),
    user(5, "former-intern", 0, locked),
  ],
  content_user_attribute: [
    attribute(1, "Site Administrator", "admin@skerry.example", null),
    attribute(2, "Mirela Anton", "mirela@skerry.example", "+00 555 0102"),
    attribute(3, "Tobias Rehn", "tobias@skerry.example", "+00 555 0103"),
    attribute(4, "Harbour Office", "office@harbour.example", "+00 555 0190"),
    attribute(5, "Former Intern", "intern@skerry.example", null, locked),
  ],
  content_user_role: [
    { id: 1, name: "Administrator", description: "May do everything", frames: 1, home: 1, rank: 0, locked: 1 },
    { id: 2, name: "Editor", description: "Writes and publishes", frames: 1, home: 1, rank: 1, locked: 0 },
    { id: 3, name: "Reader", description: "Looks on", frames: 0, home: 1, rank: 2, locked: 0 },
  ],
  content_permission: [
    { id: 1, name: "view_document", description: "Open a document" },
    { id: 2, name: "save_document", description: "Change a document" },
    { id: 3, name: "publish_document", description: "Make a document public" },
    { id: 4, name: "view_users", description: "See who has an account" },
  ],
  content_permission_group: [
    { id: 1, name: "Documents" },
    { id: 2, name: "Accounts" },
  ],
  content_role_permission: [
    { id: 1, role_id: 2, permission: "view_document" },
    { id: 2, role_id: 2, permission: "save_document" },
    { id: 3, role_id: 2, permission: "publish_document" },
    { id: 4, role_id: 3, permission: "view_document" },
  ],
};
