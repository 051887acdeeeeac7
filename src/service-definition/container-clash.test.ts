import { expect, test } from "bun:test";
import { findContainerClash, requireDistinctContainers } from "./container-clash.ts";
import { smallComponent } from "./definition.fixture.ts";
import { containerNameOf, type ServiceDefinition } from "./service-definition.ts";

const service = (name: string, node: string, ...components: readonly string[]): ServiceDefinition => ({
  name,
  node,
  active: true,
  selfHeal: "heal",
  comment: "",
  components: components.map((each) => smallComponent({ name: each })),
});

test("a container is named for its service and its component, once where both are equal", () => {
  expect(containerNameOf("shop", "api")).toBe("shop-api");
  expect(containerNameOf("mc-proxy", "mc-proxy")).toBe("mc-proxy");
});

test.each([
  [service("a", "rift", "b-c"), service("a-b", "rift", "c"), "a-b-c"],
  [service("mc", "rift", "web", "proxy"), service("mc-proxy", "rift", "mc-proxy"), "mc-proxy"],
])("two services that would have one container are refused", (one, other, container) => {
  expect(findContainerClash([service("x", "rift", "x"), one, other])).toEqual({
    container,
    node: "rift",
    services: [one.name, other.name],
  });
  expect(() => requireDistinctContainers([one, other])).toThrow(
    expect.objectContaining({
      code: "conflict",
      reason: "CONTAINER_NAMES_CLASH",
      message: `The services '${one.name}' and '${other.name}' would both have the container '${container}' on rift`,
    }),
  );
});

test("on two nodes, or with names of their own, they pass", () => {
  expect(findContainerClash([service("a", "rift", "b-c"), service("a-b", "forge", "c")])).toBeUndefined();
  expect(() => requireDistinctContainers([service("web", "rift", "web", "api"), service("web-api", "rift", "db")])).not.toThrow();
});
