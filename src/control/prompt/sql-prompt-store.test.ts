import { onEveryEngine } from "../../store/databases.fixture.ts";
import { plainChangeLog } from "../change/plain-change-log.fixture.ts";
import { createProject } from "../project/create-project.ts";
import { adminNamed, nounsWithUsers } from "../snapshot/nouns.fixture.ts";
import { promptStoreContract } from "./prompt-store.contract.ts";
import { sqlPromptStore } from "./sql-prompt-store.ts";

onEveryEngine((engine, withDatabase) =>
  promptStoreContract(engine, (run) =>
    withDatabase(async (db) => {
      const nouns = await nounsWithUsers(db);
      for (const name of ["one", "two"]) await createProject(nouns, adminNamed("ada"), { name });
      const changes = plainChangeLog(db);
      await run({ store: sqlPromptStore(db, changes), changes: changes.changes });
    }),
  ),
);
