import { existsSync, readFileSync } from "node:fs";
import { AppError } from "../core/app-error.ts";
import { randomIds } from "../core/ids.ts";
import { writePrivateFile } from "./private-file.ts";

const ID = /^aw_[0-9A-Za-z]{22}$/;

/** The id of the audit chain that whoever holds this data folder writes; made on first start. Throws `internal`/`AUDIT_WRITER_DAMAGED`. */
export function readAuditWriterId(path: string): string {
  if (!existsSync(path)) writePrivateFile(path, `${randomIds.next("aw")}\n`);
  const id = readFileSync(path, "utf8").trim();
  if (ID.test(id)) return id;
  throw new AppError("internal", "AUDIT_WRITER_DAMAGED", `The file ${path} is damaged: it must hold the id of an audit chain`, {
    hint: "restore it from a backup; without it, move it away and a new chain begins",
  });
}
