import { expect, test } from "bun:test";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { ServiceSpecSchema } from "../../gen/mcp/v1/service_spec_pb.ts";
import { soundDefinition } from "./definition.fixture.ts";
import { formatServiceDefinition } from "./format-service-definition.ts";
import { fromSpec } from "./from-spec.ts";
import { parseServiceDefinition } from "./parse-service-definition.ts";
import { toSpec } from "./to-spec.ts";

test("a definition that is written and read again is the same", () => {
  fc.assert(
    fc.property(soundDefinition, (definition) => {
      expect(parseServiceDefinition(formatServiceDefinition(definition), "x.toml")).toEqual(definition);
    }),
    { numRuns: 60 },
  );
});

test("a definition that goes over the wire and comes back is the same", () => {
  fc.assert(
    fc.property(soundDefinition, (definition) => {
      const bytes = toBinary(ServiceSpecSchema, toSpec(definition));
      expect(fromSpec(fromBinary(ServiceSpecSchema, bytes))).toEqual(definition);
    }),
    { numRuns: 60 },
  );
});
