import { expect, test } from "bun:test";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  ComponentSpecSchema,
  HardeningProfile,
  HardeningSchema,
  HealthcheckSchema,
  SelfHeal,
  ServiceSpecSchema,
} from "../../gen/mcp/v1/service_spec_pb.ts";
import { smallService } from "./definition.fixture.ts";
import { fromSpec } from "./from-spec.ts";
import { toSpec } from "./to-spec.ts";

const spec = (component: object, service: object = {}) =>
  create(ServiceSpecSchema, {
    name: "shop",
    node: "rift",
    active: true,
    components: [create(ComponentSpecSchema, { name: "api", image: "registry.example.org/shop:v1.2.0", ...component })],
    ...service,
  });
const refused = (message: string | RegExp) =>
  expect.objectContaining({
    code: "invalid",
    reason: "SERVICE_DEFINITION_INVALID",
    message: typeof message === "string" ? message : expect.stringMatching(message),
  });
const outcome = (message: ReturnType<typeof spec>) => {
  try {
    return fromSpec(message);
  } catch (error) {
    return error;
  }
};

test("a message with as little as there may be gives the defaults of a file", () => {
  expect(fromSpec(spec({}))).toEqual(smallService());
});

test("a definition becomes a message with everything said that has a default", () => {
  const message = toSpec(
    smallService({
      healthcheck: { probe: { kind: "tcp", port: 80 }, intervalMs: 1_500, timeoutMs: 1_000, retries: 2, deadlineMs: 60_000 },
    }),
  );
  expect(message).toMatchObject({ name: "shop", node: "rift", active: true, selfHeal: SelfHeal.HEAL });
  expect(message.components[0]).toMatchObject({
    stopTimeout: { seconds: 10n, nanos: 0 },
    healthcheck: { probe: { case: "tcp", value: true }, port: 80, interval: { seconds: 1n, nanos: 500_000_000 }, retries: 2 },
    hardening: { profile: HardeningProfile.DEFAULT },
  });
});

test.each([
  ["no name", spec({}, { name: "" }), "the service: name: is missing"],
  ["no node", spec({}, { node: "" }), "service shop: node: is missing"],
  ["no components", spec({}, { components: [] }), "service shop: components: a service has at least one component"],
  ["no image", spec({ image: "" }), "service shop: components[0].image: is missing"],
  ["the host's network", spec({ network: "host" }), "service shop: components[0].network: a component never shares the host's network"],
  ["a port that is none", spec({ ports: ["80:80:80:80"] }), /components\[0\]\.ports\[0\]: '80:80:80:80' is no port/],
  ["a volume out of its place", spec({ volumes: ["/srv/../etc:/x"] }), /volumes\[0\]: '\/srv\/\.\.\/etc' is no source/],
  ["two replicas", spec({ replicas: 2 }), /components\[0\]\.replicas/],
  ["a probe of no kind", spec({ healthcheck: create(HealthcheckSchema, { port: 80 }) }), /healthcheck: says not what to probe/],
  [
    "tcp that is false",
    spec({ healthcheck: create(HealthcheckSchema, { probe: { case: "tcp", value: false }, port: 80 }) }),
    /healthcheck\.tcp/,
  ],
  ["half a millisecond", spec({ stopTimeout: { seconds: 0n, nanos: 500_000 } }), /components\[0\]\.stop_timeout: 0\.5 ms is no duration/],
  ["a time before now", spec({ stopTimeout: { seconds: -1n, nanos: 0 } }), /stop_timeout: -1000 ms is no duration/],
  [
    "a profile that is not known",
    spec({ hardening: create(HardeningSchema, { profile: 99 as HardeningProfile }) }),
    /components\[0\]\.hardening\.profile: 99 is not known here/,
  ],
  ["a variable that hides", spec({ env: JSON.parse('{"__proto__":"x"}') }), /env\.__proto__: there is no such key/],
])("%s is refused over the wire as in a file", (_, message, expected) => {
  expect(outcome(message)).toEqual(refused(expected));
});

test("a field of a newer contract is refused wherever it stands, for leaving it out would run something else", () => {
  const message = spec({ hardening: create(HardeningSchema, {}) });
  for (const part of [message, message.components[0], message.components[0]?.hardening]) {
    if (part === undefined) throw new Error("the message has no such part");
    part.$unknown = [{ no: 99, wireType: 0, data: new Uint8Array([1]) }];
    const received = fromBinary(ServiceSpecSchema, toBinary(ServiceSpecSchema, message));
    expect(outcome(received)).toEqual(refused("service shop has a field (number 99) that is not known here"));
    delete part.$unknown;
  }
});
