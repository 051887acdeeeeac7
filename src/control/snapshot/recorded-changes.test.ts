import { expect, test } from "bun:test";
import type { AppError } from "../../core/app-error.ts";
import { onEveryEngine, onServers } from "../../store/databases.fixture.ts";
import { withAuditLog } from "../audit/audit-log.fixture.ts";
import { attachServer, detachServer } from "../project/attach-server.ts";
import { createProject } from "../project/create-project.ts";
import { deleteProject } from "../project/delete-project.ts";
import { updateProject } from "../project/update-project.ts";
import { createPrompt } from "../prompt/create-prompt.ts";
import { createSecret } from "../secret/create-secret.ts";
import { deleteSecret } from "../secret/delete-secret.ts";
import { createServer } from "../server/create-server.ts";
import { deleteServer } from "../server/delete-server.ts";
import { updateServer } from "../server/update-server.ts";
import { aUser, seedUsers } from "../user/user.fixture.ts";
import { adminNamed, storesOn } from "./nouns.fixture.ts";
import { readSnapshot } from "./read-snapshot.ts";

const ADMIN = adminNamed("ada");
const CONTENT = { kind: "builtin", name: "content" } as const;

onEveryEngine((engine, withDatabase) => {
  test(`${engine}: every change has its audit event and its revision, and what changed nothing has neither`, () =>
    withDatabase((db) =>
      withAuditLog({ db }, async ({ changes, feed }) => {
        await seedUsers(db, aUser("ada"));
        const nouns = storesOn(db, changes);
        const before = await feed.revision();
        await createSecret(nouns, ADMIN, { name: "key", value: "hush" });
        await createServer(nouns, ADMIN, { handle: "content", backing: CONTENT });
        await createProject(nouns, ADMIN, { name: "demo", servers: ["content"] });
        await createPrompt(nouns, ADMIN, { name: "hello", project: "demo", template: "Hello" });
        await attachServer(nouns, ADMIN, { project: "demo", server: "content" });
        await updateServer(nouns, ADMIN, "content", { enabled: true });
        await createProject(nouns, ADMIN, { name: "demo" }).catch(() => undefined);
        await updateProject(nouns, ADMIN, "demo", { description: "x" }, 9).catch(() => undefined);
        await updateServer(nouns, ADMIN, "content", { enabled: false });
        await deleteProject(nouns, ADMIN, "demo");
        const rows = await db.selectFrom("audit_events").select(["action", "resource_name"]).orderBy("sequence").execute();
        expect(rows.map(({ action, resource_name: name }) => `${action} ${name}`)).toEqual([
          "secret.create key",
          "server.create content",
          "project.create demo",
          "prompt.create demo/hello",
          "server.update content",
          "project.delete demo",
        ]);
        expect(await feed.revision()).toBe(before + rows.length);
        const onUnreadable = (error: AppError) => {
          throw error;
        };
        expect(await readSnapshot({ ...nouns, writeTools: false, feed, onUnreadable })).toMatchObject({
          revision: before + rows.length,
          projects: [],
        });
        const kept = JSON.stringify(await db.selectFrom("audit_events").selectAll().execute());
        for (const never of ["hush", "[redacted]"]) expect(kept).not.toContain(never);
      }),
    ));
});

onServers((engine, withServer) => {
  test(`${engine}: two processes that change the same things at once get decisions, never a failure of the database`, () =>
    withServer((db) =>
      withAuditLog({ db, shared: true }, (first) =>
        withAuditLog({ db, shared: true, writer: "mcpd-2" }, async (second) => {
          await seedUsers(db, aUser("ada"));
          const both = [first, second].map(({ changes }) => storesOn(db, changes));
          const [one] = both;
          if (one === undefined) throw new Error("there are two");
          await createProject(one, ADMIN, { name: "demo" });
          const outcomes: PromiseSettledResult<unknown>[] = [];
          for (let round = 0; round < 8; round += 1) {
            const secretHeaders = { Authorization: `key-${round}` };
            const backing = { kind: "url", url: "https://example.org/", secretHeaders } as const;
            const [handle, project] = [`s${round}`, "demo"];
            await createSecret(one, ADMIN, { name: `key-${round}`, value: "hush" });
            await createServer(one, ADMIN, { handle, backing: CONTENT });
            const deeds = both.flatMap((nouns, index) => [
              attachServer(nouns, ADMIN, { project, server: handle }),
              updateServer(nouns, ADMIN, handle, { backing }),
              createServer(nouns, ADMIN, { handle: `t${round}`, backing, projects: [project] }),
              deleteSecret(nouns, ADMIN, `key-${round}`),
              index === 0 ? deleteServer(nouns, ADMIN, handle) : detachServer(nouns, ADMIN, { project, server: handle }),
              createPrompt(nouns, ADMIN, { name: `hello-${round}`, project, template: "x" }),
              createProject(nouns, ADMIN, { name: `late-${round}`, servers: [handle] }),
            ]);
            outcomes.push(...(await Promise.allSettled(deeds)));
          }
          const expected = ["NAME_TAKEN", "HANDLE_TAKEN", "SERVER_UNKNOWN", "SECRET_UNKNOWN", "SECRET_IN_USE"];
          const reasons = outcomes.flatMap((outcome) =>
            outcome.status === "rejected" ? [String(outcome.reason.reason ?? outcome.reason)] : [],
          );
          expect(reasons.filter((reason) => !expected.some((each) => reason.endsWith(each)))).toEqual([]);
          expect(outcomes.some(({ status }) => status === "fulfilled")).toBe(true);
          const attached = (await one.projects.byName("demo"))?.servers ?? [];
          for (const server of await one.servers.all()) {
            const found = await one.servers.byId(server.id);
            expect(found?.projects.includes("demo")).toBe(attached.includes(server.handle));
          }
        }),
      ),
    ));
});
