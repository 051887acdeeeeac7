import { expect, test } from "bun:test";
import type { ContainerSummary } from "../../runtime/runtime.ts";
import { LABELS } from "../component/labels.ts";
import { componentOf, planAdoption } from "./plan-adoption.ts";

function container(name: string, labels: Readonly<Record<string, string>> = {}): ContainerSummary {
  return { id: name, name, image: "i", state: "running", labels, createdAt: new Date(0) };
}

function ours(name: string, service: string, component: string, node = "here"): ContainerSummary {
  return container(name, { [LABELS.managed]: "true", [LABELS.node]: node, [LABELS.service]: service, [LABELS.component]: component });
}

function madeBy(agent: string, made: ContainerSummary): ContainerSummary {
  return { ...made, labels: { ...made.labels, [LABELS.agent]: agent } };
}

function plan(service: string, services: readonly string[], ...containers: readonly (string | ContainerSummary)[]) {
  const all = containers.map((each) => (typeof each === "string" ? container(each) : each));
  return planAdoption(all, { node: "here", agent: "me", service, services }).map(({ container: name, component, problem }) =>
    problem === undefined ? `${name} as ${component}` : `${name}: ${problem}`,
  );
}

test("a container of the service's name and those that begin with it are adopted, under the rest of their names", () => {
  expect(plan("metacrypt", [], "metacrypt-web", "metacrypt-api", "other", "metacrypto", "metacrypt")).toEqual([
    "metacrypt as metacrypt",
    "metacrypt-api as api",
    "metacrypt-web as web",
  ]);
  expect(plan("mc-proxy", ["mc"], "mc-proxy")).toEqual(["mc-proxy as mc-proxy"]);
  expect(componentOf("legacy", "web")).toBe("legacy");
});

test("of several services that fit the one with the longest name has the container", () => {
  const containers = ["web", "web-a", "web-api", "web-api-a", "web-api-v2-x"];
  expect(plan("web", ["web-api", "web-api-v2"], ...containers)).toEqual(["web as web", "web-a as a"]);
  expect(plan("web-api", ["web", "web-api-v2"], ...containers)).toEqual(["web-api as web-api", "web-api-a as a"]);
  expect(plan("web-api-v2", ["web", "web-api"], ...containers)).toEqual(["web-api-v2-x as x"]);
});

test("what can be no component's name is told, with what to do", () => {
  expect(plan("web", [], "web-API", "web-a_b", "web-a.b")).toEqual([
    expect.stringContaining("web-API: 'API' is no name of a component; adopt it by itself"),
    expect.stringContaining("web-a.b: 'a.b' is no name"),
    expect.stringContaining("web-a_b: 'a_b' is no name"),
  ]);
});

test("containers of another service or another agent stay theirs, and what a deploy keeps is passed over", () => {
  expect(
    plan("web", [], ours("web-a", "web", "a"), ours("web-b", "old", "b"), ours("web-c", "web", "c", "there"), ours("web-a.d1", "web", "a")),
  ).toEqual(["web-a as a", "web-b: it is old/b of the node here", "web-c: it is web/c of the node there"]);
  expect(plan("web", [], madeBy("me", ours("web-a", "web", "a")), madeBy("other", ours("web-b", "web", "b")))).toEqual([
    "web-a as a",
    "web-b: it is web/b of the node here, made by the agent other",
  ]);
});
