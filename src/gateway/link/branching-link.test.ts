import { expect, test } from "bun:test";
import { branchingLink } from "./branching-link.ts";
import { type LinkHandler, type LinkMessage, NOT_HELD, type ReplicaLink, soloLink } from "./replica-link.ts";

const MESSAGE: LinkMessage = { kind: "answer", target: "x", principalId: "user:1", message: "{}" };

function setup() {
  let receive: LinkHandler = async () => NOT_HELD;
  const link: ReplicaLink = {
    ...soloLink("aaaaaaaa"),
    receive: (handle) => {
      receive = handle;
    },
  };
  const heard: string[] = [];
  const shared = branchingLink(link);
  const add = (name: string, held: boolean) => {
    const branch = shared.branch();
    branch.receive(async ({ kind }) => {
      heard.push(`${name} ${kind}`);
      return { held };
    });
    return branch;
  };
  return { add, heard, receive: (message: LinkMessage) => receive(message) };
}

test("what comes from another process goes to the gateway that holds it", async () => {
  const { add, heard, receive } = setup();
  add("one", false);
  add("two", true);
  add("three", true);
  expect(await receive(MESSAGE)).toEqual({ held: true });
  expect(heard).toEqual(["one answer", "two answer"]);
});

test("that a session is over goes to all of them", async () => {
  const { add, heard, receive } = setup();
  add("one", true);
  add("two", true);
  await receive({ ...MESSAGE, kind: "ended" });
  expect(heard).toEqual(["one ended", "two ended"]);
});

test("a gateway that is closed receives nothing any more", async () => {
  const { add, heard, receive } = setup();
  const one = add("one", true);
  await one.close();
  expect(await receive(MESSAGE)).toEqual(NOT_HELD);
  expect(heard).toEqual([]);
});
