import { describe, expect, test } from "bun:test";
import { filterParams, honouredFilter, parseListenFilter } from "./listen-filter.ts";

const ALL = { toolsListChanged: true, promptsListChanged: true, resourcesListChanged: true };
const OFFERED = { tools: { listChanged: true }, prompts: { listChanged: true }, resources: { listChanged: true, subscribe: true } };

const NOTHING = { lists: [], uris: [], taskIds: [] };

describe("what a client wants to hear of", () => {
  test("is read and written again, each resource once, and what nobody knows left out", () => {
    const filter = parseListenFilter({ ...ALL, resourceSubscriptions: ["x://1", "x://2", "x://1"], taskIds: ["t", "t"], x: 1 });
    expect(filter && filterParams(filter)).toEqual({ ...ALL, resourceSubscriptions: ["x://1", "x://2"], taskIds: ["t"] });
    expect(filterParams(parseListenFilter({ toolsListChanged: false }) ?? NOTHING)).toEqual({});
  });

  test.each([
    [undefined],
    [null],
    ["x"],
    [[]],
    [{ toolsListChanged: "yes" }],
    [{ resourceSubscriptions: "x" }],
    [{ resourceSubscriptions: [7] }],
    [{ taskIds: "x" }],
    [{ taskIds: [7] }],
  ])("%j is nothing of the kind", (notifications) => {
    expect(parseListenFilter(notifications)).toBeUndefined();
  });
});

test("it hears of what was offered to it, and of no more", () => {
  const wanted = parseListenFilter({ ...ALL, resourceSubscriptions: ["x://1"] }) ?? NOTHING;
  expect(filterParams(honouredFilter(wanted, OFFERED))).toEqual({ ...ALL, resourceSubscriptions: ["x://1"] });
  expect(filterParams(honouredFilter(wanted, { tools: { listChanged: true }, prompts: {}, resources: { listChanged: true } }))).toEqual({
    toolsListChanged: true,
    resourcesListChanged: true,
  });
  expect(filterParams(honouredFilter(wanted, {}))).toEqual({});
  expect(filterParams(honouredFilter(NOTHING, OFFERED))).toEqual({});
});
