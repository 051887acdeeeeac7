import { expect, test } from "bun:test";
import type { AppError } from "../../core/app-error.ts";
import { secretBox } from "../../core/secret-box.ts";
import { openMemoryDatabase } from "../../store/memory-database.fixture.ts";
import { createServer } from "../server/create-server.ts";
import { deleteServer } from "../server/delete-server.ts";
import { adminNamed, KEY, type Nouns, nounsWithUsers, userWith } from "../snapshot/nouns.fixture.ts";
import { createSecret } from "./create-secret.ts";
import { deleteSecret } from "./delete-secret.ts";
import { openSecrets } from "./open-secrets.ts";
import { updateSecret } from "./update-secret.ts";

const ADMIN = adminNamed("ada");
const DENIED = { code: "denied", reason: "PERMISSION_DENIED" };
const VALUE = "correct horse battery staple";

async function withNouns(run: (nouns: Nouns) => Promise<void>): Promise<void> {
  const db = await openMemoryDatabase();
  try {
    await run(await nounsWithUsers(db));
  } finally {
    await db.destroy();
  }
}

async function open(nouns: Nouns, ...names: string[]) {
  const unreadable: AppError[] = [];
  const values = await openSecrets({ ...nouns, onUnreadable: (error) => void unreadable.push(error) }, names);
  return { values, unreadable };
}

test("a secret's value stands encrypted in the database, in no record, and opens for connections alone", () =>
  withNouns(async (nouns) => {
    const secret = await createSecret(nouns, ADMIN, { name: "key", description: "of ours", value: VALUE });
    expect(secret).toEqual({
      id: expect.stringMatching(/^sec_/),
      name: "key",
      description: "of ours",
      usedBy: [],
      version: 1,
      createdAt: nouns.time.now,
      updatedAt: nouns.time.now,
    });
    const rows = await nouns.db.selectFrom("secrets").selectAll().execute();
    expect(rows[0]?.ciphertext).toMatch(/^v1\.1\.[\w-]{40,}$/);
    expect(JSON.stringify([rows, nouns.changes, secret])).not.toContain("horse");
    expect(await open(nouns, "key", "none")).toEqual({ values: { key: VALUE }, unreadable: [] });
  }));

test("who may not create, change or delete a secret leaves no trace, and learns nothing of it", () =>
  withNouns(async (nouns) => {
    await createSecret(nouns, ADMIN, { name: "key", value: VALUE });
    const bob = userWith("bob", { role: "view", resource: "secrets" }, { role: "edit", resource: "secrets", name: "other" });
    await expect(createSecret(nouns, bob, { name: "mine", value: "x" })).rejects.toMatchObject(DENIED);
    for (const name of ["key", "none"]) {
      await expect(updateSecret(nouns, bob, name, { value: "x" })).rejects.toMatchObject(DENIED);
      await expect(deleteSecret(nouns, bob, name)).rejects.toMatchObject(DENIED);
    }
    await expect(updateSecret(nouns, bob, "other", {})).rejects.toMatchObject({ code: "not_found", reason: "SECRET_UNKNOWN" });
    expect(nouns.changes).toHaveLength(1);
  }));

test("a new value takes the old one's place; whether it is the same is not told", () =>
  withNouns(async (nouns) => {
    await createSecret(nouns, ADMIN, { name: "key", value: VALUE });
    const bob = userWith("bob", { role: "edit", resource: "secrets" });
    expect(await updateSecret(nouns, bob, "key", { value: VALUE }, 1)).toMatchObject({ version: 2 });
    expect(await updateSecret(nouns, bob, "key", { value: "other", description: "new" })).toMatchObject({ version: 3, description: "new" });
    expect(await updateSecret(nouns, bob, "key", { description: "new" })).toMatchObject({ version: 3 });
    await expect(updateSecret(nouns, bob, "key", { value: "x" }, 1)).rejects.toMatchObject({ reason: "VERSION_STALE" });
    expect((await open(nouns, "key")).values).toEqual({ key: "other" });
    expect(nouns.changes.slice(1).map(({ event }) => event.detail)).toEqual([
      { changed: ["content"] },
      { changed: ["description", "content"] },
    ]);
  }));

test("a secret that servers use is not deleted; the refusal names those that the caller may see", () =>
  withNouns(async (nouns) => {
    await createSecret(nouns, ADMIN, { name: "key", value: VALUE });
    for (const handle of ["a", "b"]) {
      const backing = { kind: "url", url: "https://example.org/", secretHeaders: { Authorization: "key" } } as const;
      await createServer(nouns, ADMIN, { handle, backing });
    }
    const bob = userWith("bob", { role: "delete", resource: "secrets" }, { role: "view", resource: "servers", name: "b" });
    const refused = { code: "conflict", reason: "SECRET_IN_USE" };
    await expect(deleteSecret(nouns, ADMIN, "key")).rejects.toMatchObject({ ...refused, message: "Servers use the secret key: a, b" });
    await expect(deleteSecret(nouns, bob, "key")).rejects.toMatchObject({ ...refused, message: "Servers use the secret key: b, 1 more" });
    for (const handle of ["a", "b"]) await deleteServer(nouns, ADMIN, handle);
    await deleteSecret(nouns, bob, "key", 1);
    expect(await nouns.secrets.byName("key")).toBeUndefined();
  }));

test("a secret that was damaged, moved or sealed with a key that is lost fails clearly, and no other with it", () =>
  withNouns(async (nouns) => {
    for (const name of ["one", "two", "three"]) await createSecret(nouns, ADMIN, { name, value: `value of ${name}` });
    const [one, two] = await nouns.secrets.sealed(["one", "two"]);
    const write = (id = "", ciphertext = "") => nouns.db.updateTable("secrets").set({ ciphertext }).where("id", "=", id).execute();
    await write(one?.id, two?.ciphertext);
    await write(two?.id, `${two?.ciphertext.slice(0, -2)}AA`);
    const { values, unreadable } = await open(nouns, "one", "two", "three");
    expect(values).toEqual({ three: "value of three" });
    const damaged = (name: string) => ({
      code: "internal",
      reason: "SECRET_DAMAGED",
      message: `The value of the secret ${name} cannot be decrypted`,
    });
    expect(unreadable).toMatchObject([damaged("one"), damaged("two")]);
    const rekeyed = { ...nouns, box: secretBox({ current: { number: 2, key: new Uint8Array(32) }, previous: [] }) };
    expect((await open(rekeyed, "three")).unreadable).toMatchObject([damaged("three")]);
    const rotated = { ...nouns, box: secretBox({ current: { number: 2, key: new Uint8Array(32) }, previous: [KEY] }) };
    expect((await open(rotated, "three")).values).toEqual({ three: "value of three" });
  }));

test("a name or a value that could not be used is refused, and the value is not repeated", () =>
  withNouns(async (nouns) => {
    for (const name of ["", "k", "Key", "a b", "kеy", "x".repeat(64)]) {
      await expect(createSecret(nouns, ADMIN, { name, value: "x" })).rejects.toMatchObject({ reason: "SECRET_NAME_INVALID" });
    }
    const error = await createSecret(nouns, ADMIN, { name: "key", value: "hu\0sh" }).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: "invalid", reason: "SECRET_VALUE_INVALID", message: "value: must not hold NUL" });
    expect(nouns.changes).toEqual([]);
  }));
