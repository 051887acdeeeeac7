import { expect, test } from "bun:test";
import { AppError } from "../../core/app-error.ts";
import { adminNamed, userWith } from "../snapshot/nouns.fixture.ts";
import { type Finder, findPermitted } from "./find-permitted.ts";

interface Thing {
  readonly id: string;
  readonly name: string;
}

const DEMO: Thing = { id: "prj_1", name: "demo" };
const DENIED = { code: "denied", reason: "PERMISSION_DENIED" };
const UNKNOWN = { code: "not_found", reason: "UNKNOWN" };

function setup() {
  const asked: string[] = [];
  const look = (field: keyof Thing) => async (value: string) => {
    asked.push(value);
    return DEMO[field] === value ? DEMO : undefined;
  };
  const finder: Finder<Thing> = {
    resource: "projects",
    prefix: "prj",
    byId: look("id"),
    byName: look("name"),
    nameOf: ({ name }) => name,
    projectOf: ({ name }) => name,
    unknown: (reference) => new AppError("not_found", "UNKNOWN", reference),
  };
  return { finder, asked };
}

test("an id and a name lead to the same thing", async () => {
  const { finder } = setup();
  for (const reference of ["prj_1", "demo"]) expect(await findPermitted(finder, adminNamed("ada"), "edit", reference)).toBe(DEMO);
});

test("who may not is refused before a name is looked up, so that nothing tells whether it exists", async () => {
  const { finder, asked } = setup();
  const bob = userWith("bob", { role: "view", resource: "projects" });
  for (const name of ["demo", "none"]) await expect(findPermitted(finder, bob, "edit", name)).rejects.toMatchObject(DENIED);
  expect(asked).toEqual([]);
  await expect(findPermitted(finder, bob, "edit", "prj_1")).rejects.toMatchObject(DENIED);
  await expect(findPermitted(finder, bob, "view", "none")).rejects.toMatchObject(UNKNOWN);
});

test("what is neither an id nor a name is unknown, and no database is asked", async () => {
  const { finder, asked } = setup();
  const references = [
    "",
    "prj_",
    "prj_1 ",
    "prj_1'--",
    "srv_1",
    "Demo",
    "demo/../x",
    "a\0b",
    "dеmo",
    "x".repeat(64),
    `prj_${"x".repeat(40)}`,
  ];
  for (const reference of references)
    await expect(findPermitted(finder, adminNamed("ada"), "view", reference)).rejects.toMatchObject(UNKNOWN);
  expect(asked).toEqual([]);
});

test("a token that names another project's id is refused, whatever its rights", async () => {
  const { finder } = setup();
  const ada = adminNamed("ada");
  const token = (project: string) => {
    const principal = { kind: "token", id: "tok_1", name: "ci", sha: "a", project, ownerId: "usr_ada", owner: "ada" } as const;
    return { ...ada, caller: { ...ada.caller, principal } };
  };
  expect(await findPermitted(finder, token("demo"), "view", "prj_1")).toBe(DEMO);
  await expect(findPermitted(finder, token("other"), "view", "prj_1")).rejects.toMatchObject(DENIED);
});
