import { afterEach, describe, expect, test } from "bun:test";
import type { LinkMessage, ReplicaLink } from "./replica-link.ts";

const MESSAGE: LinkMessage = {
  kind: "answer",
  target: "aaaaaaaa.1",
  principalId: "user:u1",
  message: '{"jsonrpc":"2.0","id":1,"result":{}}',
};

/** What every way between the processes of a gateway does. `open` opens one under this id; they all see each other. */
export function replicaLinkContract(name: string, open: (self: string) => Promise<ReplicaLink>): void {
  describe(`${name}: a link between the processes of a gateway`, () => {
    const opened: ReplicaLink[] = [];
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((link) => link.close()));
    });
    const join = async (self: string) => {
      const link = await open(self);
      opened.push(link);
      return link;
    };

    test("a message reaches the process it is for, and its reply comes back", async () => {
      const [one, other, third] = [await join("aaaaaaaa"), await join("bbbbbbbb"), await join("cccccccc")];
      const heard: LinkMessage[] = [];
      other.receive(async (message) => {
        heard.push(message);
        return { held: true, answer: '{"é":"\\u00e9"}' };
      });
      third.receive(async () => ({ held: true, answer: "wrong" }));
      expect(await one.send("bbbbbbbb", MESSAGE)).toEqual({ held: true, answer: '{"é":"\\u00e9"}' });
      expect(heard).toEqual([MESSAGE]);
    });

    test("replies that overtake each other reach who asked", async () => {
      const [one, other] = [await join("aaaaaaaa"), await join("bbbbbbbb")];
      const gates = new Map<string, () => void>();
      other.receive(async ({ target }) => {
        await new Promise<void>((resolve) => gates.set(target, resolve));
        return { held: true, answer: target };
      });
      const [first, second] = ["1", "2"].map((target) => one.send("bbbbbbbb", { ...MESSAGE, target }));
      while (gates.size < 2) await Bun.sleep(1);
      gates.get("2")?.();
      expect(await second).toEqual({ held: true, answer: "2" });
      gates.get("1")?.();
      expect(await first).toEqual({ held: true, answer: "1" });
    });

    test("a process that is gone, was never there, or is the sender itself cannot be reached", async () => {
      const one = await join("aaaaaaaa");
      const other = await open("bbbbbbbb");
      await other.close();
      for (const holder of ["bbbbbbbb", "zzzzzzzz", "aaaaaaaa", "../x"]) expect(await one.send(holder, MESSAGE)).toBeUndefined();
    });

    test("one that has not begun to receive holds nothing", async () => {
      const one = await join("aaaaaaaa");
      await join("bbbbbbbb");
      expect(await one.send("bbbbbbbb", MESSAGE)).toEqual({ held: false });
    });

    test("what is told to all reaches all others and not the teller", async () => {
      const links = await Promise.all(["aaaaaaaa", "bbbbbbbb", "cccccccc"].map(join));
      const heard: string[] = [];
      const both = Promise.withResolvers<void>();
      for (const link of links) {
        link.receive(async ({ kind, target }) => {
          heard.push(`${link.self} ${kind} ${target}`);
          if (heard.length === 2) both.resolve();
          return { held: false };
        });
      }
      links[0]?.tell({ ...MESSAGE, kind: "ended", target: "hash" });
      await both.promise;
      expect(heard.toSorted()).toEqual(["bbbbbbbb ended hash", "cccccccc ended hash"]);
    });

    test("a process that does not answer in time counts as one that cannot be reached", async () => {
      const [one, other] = [await join("aaaaaaaa"), await join("bbbbbbbb")];
      other.receive(() => new Promise(() => {}));
      expect(await one.send("bbbbbbbb", MESSAGE)).toBeUndefined();
    });
  });
}
