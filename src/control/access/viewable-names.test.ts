import { expect, test } from "bun:test";
import { adminNamed, userWith } from "../snapshot/nouns.fixture.ts";
import { couldBeName } from "./could-be-name.ts";
import { viewableNames } from "./viewable-names.ts";

const view = (name?: string) => ({ role: "view", resource: "servers", name }) as const;
const DENIED = expect.objectContaining({ code: "denied", reason: "PERMISSION_DENIED" });

test("a list shows all to who may view the kind, the named ones to others, and refuses who may view none", () => {
  expect(viewableNames(adminNamed("ada").caller, "servers")).toBeUndefined();
  expect(viewableNames(userWith("bob", view("a"), { role: "edit", resource: "*", name: "b" }).caller, "servers")).toEqual(
    new Set(["a", "b"]),
  );
  expect(() => viewableNames(userWith("bob", view("a")).caller, "projects")).toThrow(DENIED);
  expect(() => viewableNames(userWith("bob", { role: "create", resource: "servers" }).caller, "servers")).toThrow(DENIED);
});

test("a credential that opens some servers alone shows those alone", () => {
  const capped = (caller: ReturnType<typeof adminNamed>["caller"], ...allowServers: string[]) =>
    viewableNames({ ...caller, allowServers }, "servers");
  expect(capped(adminNamed("ada").caller, "a", "b")).toEqual(new Set(["a", "b"]));
  expect(capped(userWith("bob", view("a"), view("c")).caller, "a", "b")).toEqual(new Set(["a"]));
  expect(capped(adminNamed("ada").caller)).toEqual(new Set());
  expect(viewableNames({ ...adminNamed("ada").caller, allowServers: ["a"] }, "projects")).toBeUndefined();
});

test("what could be nobody's name fits nothing: blanks, control characters, look-alikes, whole books", () => {
  for (const value of [undefined, "demo", "jo@example.org", "a_b.c", "x".repeat(190)]) expect(couldBeName(value)).toBe(true);
  for (const value of ["", "a b", "a\0", "démo", "dеmo", "a\n", "x".repeat(191)]) expect(couldBeName(value)).toBe(false);
});
