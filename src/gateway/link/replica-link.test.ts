import { expect, test } from "bun:test";
import { holderOf, joinedLink, type LinkMessage, type ReplicaLink, soloLink } from "./replica-link.ts";

const MESSAGE: LinkMessage = { kind: "cancel", target: "x", principalId: "user:1", message: "{}" };

test("an id names the process that minted it, and one of another form names none", () => {
  expect(holderOf("Ab3dEf9h.7c1")).toBe("Ab3dEf9h");
  for (const other of ["", "Ab3dEf9h", "Ab3dEf9.1", "Ab3dEf9hh.1", "Ab3d/f9h.1", "1"]) expect(holderOf(other)).toBeUndefined();
});

test("a gateway of one process reaches nobody", async () => {
  expect(await soloLink("aaaaaaaa").send("bbbbbbbb", MESSAGE)).toBeUndefined();
});

test("joined links ask the nearest first, and tell by all", async () => {
  const log: string[] = [];
  const scripted = (name: string, holder: string): ReplicaLink => ({
    ...soloLink("aaaaaaaa"),
    send: async (to) => {
      log.push(`${name} ${to}`);
      return to === holder ? { held: true, answer: name } : undefined;
    },
    tell: ({ kind }) => void log.push(`${name} ${kind}`),
  });
  const link = joinedLink("aaaaaaaa", [scripted("near", "bbbbbbbb"), scripted("far", "cccccccc")]);
  expect(await link.send("bbbbbbbb", MESSAGE)).toEqual({ held: true, answer: "near" });
  expect(await link.send("cccccccc", MESSAGE)).toEqual({ held: true, answer: "far" });
  expect(await link.send("dddddddd", MESSAGE)).toBeUndefined();
  link.tell(MESSAGE);
  expect(log).toEqual(["near bbbbbbbb", "near cccccccc", "far cccccccc", "near dddddddd", "far dddddddd", "near cancel", "far cancel"]);
});
