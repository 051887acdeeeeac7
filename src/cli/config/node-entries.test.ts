import { expect, test } from "bun:test";
import { parseFleetConfig } from "./fleet-config.ts";
import { appendNode, removeNode } from "./node-entries.ts";

const RIFT = { name: "rift", address: "10.0.0.7:9444" };
const ORION = { name: "orion", address: "orion", fingerprint: `sha256:${"ab".repeat(32)}` };
const FILE = `# My fleet.
[services]
dir = "x" # here

# The first one.
[[nodes]] # old
name = "rift"
# In the cellar.
address = "10.0.0.7:9444"

# The other one.
[[nodes]]
name = 'orion'
address = "orion"

[auth]
token_path = "t"
`;

const namesOf = (text: string) => parseFleetConfig(text, "f", {}).nodes.map(({ name }) => name);

test("a node is appended, and the file's other text and comments stay", () => {
  const written = appendNode(FILE, { name: "vela", address: "vela" });
  expect(written).toBe(`${FILE}\n[[nodes]]\nname = "vela"\naddress = "vela"\n`);
  expect(namesOf(written)).toEqual(["rift", "orion", "vela"]);
});

test("a file that is empty, ends without a line end or has CRLF gets a node", () => {
  expect(appendNode("", RIFT)).toBe('[[nodes]]\nname = "rift"\naddress = "10.0.0.7:9444"\n');
  expect(appendNode("# no end", ORION)).toBe(
    `# no end\n\n[[nodes]]\nname = "orion"\naddress = "orion"\nfingerprint = "${ORION.fingerprint}"\n`,
  );
  expect(appendNode("# x\r\n", RIFT)).toBe('# x\r\n\r\n[[nodes]]\r\nname = "rift"\r\naddress = "10.0.0.7:9444"\r\n');
});

test("a node is removed, and comments around it stay", () => {
  expect(removeNode(FILE, "rift")).toBe(`# My fleet.
[services]
dir = "x" # here

# The first one.
# The other one.
[[nodes]]
name = 'orion'
address = "orion"

[auth]
token_path = "t"
`);
  expect(namesOf(removeNode(FILE, "orion"))).toEqual(["rift"]);
  expect(parseFleetConfig(removeNode(FILE, "orion"), "f", {}).auth.tokenPath).toBe("t");
});

test("the file is valid TOML after any adding and removing, and as it was where both were done", () => {
  const added = appendNode(appendNode(FILE, { name: "vela", address: "a" }), { name: "lyra", address: "b" });
  for (const name of ["rift", "orion", "vela", "lyra"]) expect(namesOf(removeNode(added, name))).not.toContain(name);
  expect(removeNode(removeNode(added, "lyra"), "vela").trimEnd()).toBe(FILE.trimEnd());
  expect(removeNode(appendNode("", RIFT), "rift")).toBe("");
});

test("nodes that are written otherwise are left alone", () => {
  const inline = 'nodes = [{ name = "rift", address = "h" }]\n';
  for (const change of [() => appendNode(inline, ORION), () => removeNode(inline, "rift")]) {
    expect(change).toThrow(expect.objectContaining({ code: "precondition", reason: "NODES_WRITTEN_OTHERWISE" }));
  }
  expect(() => removeNode(FILE, "vela")).toThrow(expect.objectContaining({ code: "not_found", reason: "NODE_UNKNOWN" }));
});
