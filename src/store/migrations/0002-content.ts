import type { CreateTableBuilder, Kysely } from "kysely";
import type { Migration } from "kysely/migration";

type ColumnType = "integer" | "text" | `varchar(${number})`;
type Columns = Readonly<Record<string, ColumnType | `${ColumnType}?`>>;

/**
 * Columns in the order they are made; a type that ends in "?" may be null.
 *
 * The types are those that SQLite, Postgres and MySQL share. No column has a default: MySQL
 * allows none on long text, and whoever writes a row says what is in it. Not bound to
 * `ContentTables`, which moves on while a migration stays as it was.
 */
const TABLES: Readonly<Record<string, Columns>> = {
  content_document: {
    id: "integer",
    parent: "integer",
    pagetitle: "varchar(255)",
    longtitle: "varchar(255)",
    description: "varchar(500)",
    alias: "varchar(245)?",
    published: "integer",
    deleted: "integer",
    hidemenu: "integer",
    menuindex: "integer",
    template: "integer",
    createdon: "integer",
    editedon: "integer",
    pub_date: "integer",
    unpub_date: "integer",
    isfolder: "integer",
    type: "varchar(20)",
  },
  content_template: {
    id: "integer",
    templatename: "varchar(100)",
    description: "varchar(255)",
    editor_type: "integer",
    icon: "varchar(255)?",
    category: "integer",
    locked: "integer",
  },
  content_tmplvar: {
    id: "integer",
    name: "varchar(50)",
    caption: "varchar(80)",
    description: "varchar(255)",
    type: "varchar(50)",
    default_text: "text?",
    display: "varchar(20)",
    elements: "text?",
    rank: "integer",
    category: "integer",
    locked: "integer",
  },
  content_tmplvar_value: { id: "integer", contentid: "integer", tmplvarid: "integer", value: "text" },
  content_snippet: {
    id: "integer",
    name: "varchar(100)",
    description: "varchar(255)",
    category: "integer",
    locked: "integer",
    disabled: "integer",
    createdon: "integer",
    editedon: "integer",
  },
  content_plugin: {
    id: "integer",
    name: "varchar(100)",
    description: "varchar(255)",
    category: "integer",
    locked: "integer",
    disabled: "integer",
    createdon: "integer",
    editedon: "integer",
  },
  content_module: {
    id: "integer",
    name: "varchar(100)",
    description: "varchar(255)",
    category: "integer",
    disabled: "integer",
    createdon: "integer",
    editedon: "integer",
  },
  content_category: { id: "integer", category: "varchar(45)" },
  content_user: {
    id: "integer",
    username: "varchar(100)",
    password: "varchar(100)",
    cachepwd: "varchar(100)",
    verified_key: "varchar(255)?",
    refresh_token: "varchar(255)?",
    access_token: "varchar(255)?",
    isfrontend: "integer",
    createdon: "integer",
    editedon: "integer",
    blocked: "integer",
    blockeduntil: "integer",
    blockedafter: "integer",
  },
  content_user_attribute: {
    id: "integer",
    internalKey: "integer",
    fullname: "varchar(100)",
    email: "varchar(100)",
    phone: "varchar(100)?",
    mobilephone: "varchar(100)?",
    sessionid: "varchar(100)?",
    blocked: "integer",
    blockeduntil: "integer",
    blockedafter: "integer",
    failedlogincount: "integer",
    logincount: "integer",
    lastlogin: "integer",
  },
  content_user_role: {
    id: "integer",
    name: "varchar(50)",
    description: "varchar(255)",
    frames: "integer",
    home: "integer",
    rank: "integer",
    locked: "integer",
  },
  content_permission: { id: "integer", name: "varchar(100)", description: "varchar(255)" },
  content_permission_group: { id: "integer", name: "varchar(100)" },
  content_role_permission: { id: "integer", role_id: "integer", permission: "varchar(100)" },
};

/** Name, table, columns, unique. */
const INDEXES: readonly (readonly [string, string, readonly string[], boolean])[] = [
  ["content_document_parent", "content_document", ["parent", "menuindex", "id"], false],
  ["content_tmplvar_name", "content_tmplvar", ["name"], true],
  ["content_tmplvar_value_document", "content_tmplvar_value", ["contentid", "tmplvarid"], true],
  ["content_user_username", "content_user", ["username"], true],
];

async function createTable(db: Kysely<unknown>, table: string, columns: Columns): Promise<void> {
  let builder: CreateTableBuilder<string, string> = db.schema.createTable(table);
  for (const [column, spec] of Object.entries(columns)) {
    const nullable = spec.endsWith("?");
    const type = (nullable ? spec.slice(0, -1) : spec) as ColumnType;
    builder = builder.addColumn(column, type, (definition) => {
      if (column === "id") return definition.primaryKey();
      return nullable ? definition : definition.notNull();
    });
  }
  await builder.execute();
}

/** Makes the tables of the `content` server; `down` drops them with all they hold. */
export const contentMigration: Migration = {
  async up(db: Kysely<unknown>) {
    for (const [table, columns] of Object.entries(TABLES)) await createTable(db, table, columns);
    for (const [name, table, columns, unique] of INDEXES) {
      const index = db.schema
        .createIndex(name)
        .on(table)
        .columns([...columns]);
      await (unique ? index.unique() : index).execute();
    }
  },

  async down(db: Kysely<unknown>) {
    for (const table of Object.keys(TABLES).reverse()) await db.schema.dropTable(table).execute();
  },
};
