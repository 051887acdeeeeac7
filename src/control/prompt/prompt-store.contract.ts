import { expect, test } from "bun:test";
import type { AuditDraft } from "../../api/audit-event.ts";
import type { Page } from "../../api/fields.ts";
import { AppError } from "../../core/app-error.ts";
import type { Change } from "../change/change-log.ts";
import { decodeCursor } from "../page/page-cursor.ts";
import type { Prompt } from "./prompt.ts";
import type { PromptStore } from "./prompt-store.ts";

export interface PromptStoreSetup {
  readonly store: PromptStore;
  /** What was recorded so far. */
  readonly changes: readonly Change[];
}

/** An empty store, beside the projects `one` and `two`. */
export type WithPromptStore = (run: (setup: PromptStoreSetup) => Promise<void>) => Promise<void>;

const at = new Date("2026-01-02T03:04:05.678Z");
const PROMPT: Prompt = {
  id: "prm_1",
  name: "hello",
  project: "one",
  description: "says é",
  arguments: [{ name: "who", description: 'a "name"', required: true }],
  template: "Hello\n{{who}} 🙂",
  version: 1,
  createdAt: at,
  updatedAt: at,
};
const EVENT: AuditDraft = {
  kind: "rpc",
  outcome: "ok",
  at: "2026-02-01T00:00:00.000Z",
  actorKind: "system",
  actorId: "system",
  actorName: "system",
};
const TOUCHED = [{ kind: "prompts", ref: "prm_1" }] as const;
const FIRST = { limit: 10, after: undefined, sort: { field: "name", descending: false }, names: undefined } as const;

/** What every adapter of `PromptStore` does. */
export function promptStoreContract(name: string, withStore: WithPromptStore): void {
  test(`${name}: a prompt comes back as it was saved, by its id, or by its name in its project`, () =>
    withStore(async ({ store, changes }) => {
      expect(await store.insert(PROMPT, EVENT)).toEqual(PROMPT);
      expect(await store.byId("prm_1")).toEqual(PROMPT);
      expect(await store.byName("one", "hello")).toEqual(PROMPT);
      for (const [project, each] of [
        ["two", "hello"],
        ["one", "Hello"],
        ["one", "hell"],
      ] as const)
        expect(await store.byName(project, each)).toBeUndefined();
      expect(changes).toEqual([{ event: EVENT, touched: TOUCHED }]);
    }));

  test(`${name}: the longest template there may be is kept whole`, () =>
    withStore(async ({ store }) => {
      const template = "é€".repeat(16_384);
      await store.insert({ ...PROMPT, template }, EVENT);
      expect((await store.byId("prm_1"))?.template).toBe(template);
    }));

  test(`${name}: a name is taken once in its project, and in another it is free`, () =>
    withStore(async ({ store, changes }) => {
      const outcomes = await Promise.allSettled(["prm_1", "prm_2", "prm_3"].map((id) => store.insert({ ...PROMPT, id }, EVENT)));
      expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
      const taken = { code: "conflict", reason: "PROMPT_NAME_TAKEN" };
      for (const outcome of outcomes) if (outcome.status === "rejected") expect(outcome.reason).toMatchObject(taken);
      await store.insert({ ...PROMPT, id: "prm_4", project: "two" }, EVENT);
      expect(changes).toHaveLength(2);
      const nowhere = store.insert({ ...PROMPT, id: "prm_5", project: "none" }, EVENT);
      await expect(nowhere).rejects.toMatchObject({ code: "not_found", reason: "PROJECT_UNKNOWN" });
    }));

  test(`${name}: a change shows in what it names and counts as one version; a plan that refuses changes nothing`, () =>
    withStore(async ({ store, changes }) => {
      await store.insert(PROMPT, EVENT);
      const change = { description: "new", template: "Bye", arguments: [] };
      const expected = { ...PROMPT, ...change, version: 2, updatedAt: new Date(EVENT.at) };
      expect(await store.change("prm_1", () => ({ ...change, event: EVENT }))).toEqual(expected);
      expect(await store.change("prm_1", () => ({ description: "newer", event: EVENT }))).toEqual({
        ...expected,
        description: "newer",
        version: 3,
      });
      expect(await store.change("prm_1", () => undefined)).toMatchObject({ version: 3 });
      const refuse = () => {
        throw new AppError("precondition", "NO", "no");
      };
      await expect(store.change("prm_1", refuse)).rejects.toMatchObject({ reason: "NO" });
      await expect(store.delete("prm_1", refuse)).rejects.toMatchObject({ reason: "NO" });
      expect(changes).toEqual(Array(3).fill({ event: EVENT, touched: TOUCHED }));
      await store.delete("prm_1", () => EVENT);
      expect(changes.at(-1)).toEqual({ event: EVENT, touched: TOUCHED });
      const unknown = { code: "not_found", reason: "PROMPT_UNKNOWN" };
      await expect(store.delete("prm_1", () => EVENT)).rejects.toMatchObject(unknown);
      await expect(store.change("prm_1", () => ({ event: EVENT }))).rejects.toMatchObject(unknown);
    }));

  test(`${name}: pages show the prompts of projects and those that are named, in full`, () =>
    withStore(async ({ store }) => {
      for (const [index, each] of ["one/bb", "one/aa", "two/aa", "two/cc", "two/dd"].entries()) {
        const [project = "", called = ""] = each.split("/");
        await store.insert({ ...PROMPT, id: `prm_${index}`, project, name: called }, EVENT);
      }
      const shown = (page: Page<Prompt>) => page.items.map((prompt) => `${prompt.project}/${prompt.name}`);
      const first = await store.page({}, { ...FIRST, limit: 3 });
      expect(shown(first)).toEqual(["one/aa", "two/aa", "one/bb"]);
      const rest = await store.page({}, { ...FIRST, limit: 3, after: decodeCursor(first.nextCursor ?? "") });
      expect({ shown: shown(rest), next: rest.nextCursor }).toEqual({ shown: ["two/cc", "two/dd"], next: null });
      const named = (...names: string[]) => store.page({}, { ...FIRST, names: new Set(names) }).then(shown);
      expect(await named("two/*")).toEqual(["two/aa", "two/cc", "two/dd"]);
      expect(await named("one/bb", "two/cc", "two/none")).toEqual(["one/bb", "two/cc"]);
      expect(await named("one/*", "two/dd")).toEqual(["one/aa", "one/bb", "two/dd"]);
      for (const useless of [["one"], ["*"], ["*/aa"], ["one/a/a"], []]) expect(await named(...useless)).toEqual([]);
      expect(shown(await store.page({ project: "one" }, FIRST))).toEqual(["one/aa", "one/bb"]);
      expect(shown(await store.page({ name: "aa" }, { ...FIRST, names: new Set(["two/*"]) }))).toEqual(["two/aa"]);
    }));
}
