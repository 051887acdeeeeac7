import { expect, test } from "bun:test";
import { openMemoryDatabase } from "../../store/memory-database.fixture.ts";
import { createProject } from "../project/create-project.ts";
import { adminNamed, type Nouns, nounsWithUsers, userWith } from "../snapshot/nouns.fixture.ts";
import { createPrompt } from "./create-prompt.ts";
import { deletePrompt } from "./delete-prompt.ts";
import { findPrompt } from "./find-prompt.ts";
import { updatePrompt } from "./update-prompt.ts";

const ADMIN = adminNamed("ada");
const DENIED = { code: "denied", reason: "PERMISSION_DENIED" };
const WHO = { name: "who", description: "", required: true };
const HELLO = { name: "hello", project: "one", arguments: [WHO], template: "Hello {{who}}" };

/** The projects `one` and `two`. */
async function withNouns(run: (nouns: Nouns) => Promise<void>): Promise<void> {
  const db = await openMemoryDatabase();
  try {
    const nouns = await nounsWithUsers(db);
    for (const name of ["one", "two"]) await createProject(nouns, ADMIN, { name });
    nouns.changes.length = 0;
    await run(nouns);
  } finally {
    await db.destroy();
  }
}

test("a prompt is added to a project by who may create prompts there", () =>
  withNouns(async (nouns) => {
    const bob = userWith("bob", { role: "create", resource: "prompts", name: "one/*" });
    await expect(createPrompt(nouns, bob, { ...HELLO, project: "two" })).rejects.toMatchObject(DENIED);
    const prompt = await createPrompt(nouns, bob, HELLO);
    expect(prompt).toMatchObject({ ...HELLO, id: expect.stringMatching(/^prm_/), description: "", version: 1 });
    expect(nouns.changes.map(({ event }) => event)).toMatchObject([
      { action: "prompt.create", resource: "prompts", resourceName: "one/hello", project: "one" },
    ]);
    await expect(createPrompt(nouns, bob, HELLO)).rejects.toMatchObject({ code: "conflict", reason: "PROMPT_NAME_TAKEN" });
    await expect(createPrompt(nouns, ADMIN, { ...HELLO, project: "none" })).rejects.toMatchObject({ reason: "PROJECT_UNKNOWN" });
    await expect(createPrompt(nouns, ADMIN, { ...HELLO, name: "x", template: "{{x}}" })).rejects.toMatchObject({
      reason: "PROMPT_NAME_INVALID",
    });
    await expect(createPrompt(nouns, ADMIN, { ...HELLO, name: "xx", template: "{{x}}" })).rejects.toMatchObject({
      reason: "PROMPT_TEMPLATE_INVALID",
    });
  }));

test("a prompt is found by its id, or by its name with its project, and by nothing else", () =>
  withNouns(async (nouns) => {
    const hello = await createPrompt(nouns, ADMIN, HELLO);
    const find = (prompt: string, project?: string) => findPrompt(nouns.prompts, ADMIN, "view", { prompt, project });
    for (const found of [find(hello.id), find(hello.id, "one"), find("hello", "one")]) expect(await found).toEqual(hello);
    const unknown = { code: "not_found", reason: "PROMPT_UNKNOWN" };
    const missing = [
      ["hello", "two"],
      [hello.id, "two"],
      ["prm_none", undefined],
      ["Hello", "one"],
      ["hello", "o ne"],
      ["../one", "one"],
      ["he\0lo", "one"],
    ] as const;
    for (const [prompt, project] of missing) await expect(find(prompt, project)).rejects.toMatchObject(unknown);
    await expect(find("hello")).rejects.toMatchObject({ code: "invalid", reason: "PROMPT_PROJECT_MISSING" });
  }));

test("without a right to it a prompt cannot be changed, and whether it exists is not told", () =>
  withNouns(async (nouns) => {
    const { id } = await createPrompt(nouns, ADMIN, HELLO);
    const bob = userWith("bob", { role: "edit", resource: "prompts", name: "two/*" }, { role: "view", resource: "prompts" });
    for (const reference of [{ prompt: "hello", project: "one" }, { prompt: "none", project: "one" }, { prompt: id }]) {
      await expect(updatePrompt(nouns, bob, reference, { description: "x" })).rejects.toMatchObject(DENIED);
      await expect(deletePrompt(nouns, bob, reference)).rejects.toMatchObject(DENIED);
    }
    expect(nouns.changes).toHaveLength(1);
  }));

test("a patch must leave the prompt sound as a whole, and one that changes nothing leaves no trace", () =>
  withNouns(async (nouns) => {
    const hello = await createPrompt(nouns, ADMIN, HELLO);
    const reference = { prompt: "hello", project: "one" };
    const update = (patch: Parameters<typeof updatePrompt>[3], ifMatch?: number) => updatePrompt(nouns, ADMIN, reference, patch, ifMatch);
    await expect(update({ template: "Bye" })).rejects.toMatchObject({ reason: "PROMPT_ARGUMENTS_INVALID" });
    await expect(update({ arguments: [] })).rejects.toMatchObject({ reason: "PROMPT_TEMPLATE_INVALID" });
    await expect(update({ description: "x" }, 9)).rejects.toMatchObject({ reason: "VERSION_STALE" });
    for (const patch of [{}, { arguments: [WHO], template: HELLO.template, description: "" }]) expect(await update(patch)).toEqual(hello);
    expect(await update({ arguments: [], template: "Bye" }, 1)).toMatchObject({ template: "Bye", arguments: [], version: 2 });
    expect(nouns.recorded()).toEqual(["prompt.create prompts/one/hello", "prompt.update prompts/one/hello"]);
    expect(nouns.changes[1]?.event.detail).toEqual({ changed: ["arguments", "template"] });
    await deletePrompt(nouns, ADMIN, reference, 2);
    await expect(deletePrompt(nouns, ADMIN, reference)).rejects.toMatchObject({ code: "not_found", reason: "PROMPT_UNKNOWN" });
  }));
