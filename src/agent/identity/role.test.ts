import { expect, test } from "bun:test";
import { covers, highestRole, ROLES } from "./role.ts";

test("a role holds what those below it hold, and no role holds nothing", () => {
  const table = ROLES.map((has) => ROLES.filter((needs) => covers(has, needs)).join(" "));
  expect(table).toEqual(["view", "view operate", "view operate admin"]);
  expect(ROLES.some((needs) => covers(undefined, needs))).toBe(false);
});

test("the highest role that is known counts, and edit of mcpd is operate", () => {
  expect(highestRole(["run", "view"])).toBe("view");
  expect(highestRole(["edit", "view"])).toBe("operate");
  expect(highestRole(["view", "admin", "edit"])).toBe("admin");
  for (const none of [[], ["run", "create", "delete"], ["Admin"], ["constructor"], ["__proto__"]])
    expect(highestRole(none)).toBeUndefined();
});
