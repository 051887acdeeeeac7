import { expect, test } from "bun:test";
import fc from "fast-check";
import { type AddressClass, classifyAddress, isAllowedAddress, literalAddress } from "./address-guard.ts";

const NOTHING = { allow: [], allowLoopback: false };

const CLASSES: Readonly<Record<Exclude<AddressClass, "invalid">, readonly string[]>> = {
  public: [
    "8.8.8.8",
    "1.1.1.1",
    "172.15.255.255",
    "172.32.0.0",
    "192.167.1.1",
    "169.253.0.1",
    "100.63.255.255",
    "100.128.0.0",
    "223.255.255.255",
    "2606:4700::1111",
    "2001:4860:4860::8888",
    "2a00:1450::1",
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
  ],
  loopback: ["127.0.0.1", "127.255.255.255", "::1", "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1", "::ffff:7f00:1", "64:ff9b::127.0.0.1", "[::1]"],
  private: [
    "10.0.0.1",
    "10.255.255.255",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.0.1",
    "100.64.0.1",
    "100.127.255.255",
    "fc00::1",
    "fdff::1",
    "fec0::1",
    "::ffff:10.0.0.1",
    "64:ff9b::a00:1",
    "64:ff9b:1::1",
  ],
  "link-local": ["169.254.0.1", "169.254.255.255", "fe80::1", "febf::1", "fe80::1%eth0"],
  metadata: ["169.254.169.254", "168.63.129.16", "100.100.100.200", "fd00:ec2::254", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe"],
  unspecified: ["0.0.0.0", "0.1.2.3", "::", "::ffff:0.0.0.0"],
  multicast: ["224.0.0.1", "239.255.255.255", "ff02::1"],
  tunnel: [
    "2002:7f00:1::",
    "2002:808:808::1",
    "2001:0:1::1",
    "2001::1",
    "::8.8.8.8",
    "::7f00:1",
    "2606:4700::5efe:a00:1",
    "2606:4700::200:5efe:8.8.8.8",
  ],
  reserved: [
    "192.0.0.1",
    "192.0.2.1",
    "198.51.100.1",
    "203.0.113.1",
    "198.18.0.1",
    "198.19.255.255",
    "192.88.99.1",
    "240.0.0.1",
    "255.255.255.255",
    "2001:db8::1",
    "2001:2::1",
    "2001:10::1",
    "3fff::1",
    "100::1",
    "4000::1",
    "::ffff:0:8.8.8.8",
    "5f00::1",
  ],
};

for (const [kind, addresses] of Object.entries(CLASSES)) {
  test(`addresses that are ${kind} are told as such`, () => {
    for (const address of addresses) expect({ address, kind: classifyAddress(address) as string }).toEqual({ address, kind });
  });
}

test("what is no address is none, and never allowed", () => {
  const none = [
    "",
    ".",
    "1.2.3.4.5",
    "256.1.1.1",
    "1.2.3.256",
    "08.0.0.1",
    "1..2",
    "-1",
    "+1",
    " 127.0.0.1",
    "127.0.0.1 ",
    "127.0.0.1\n8",
    "4294967296",
    "0x1g",
    "::1::",
    ":::",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "12345::",
    "::ffff:1.2.3",
    "::ffff:1.2.3.256",
    "::0177.0.0.1",
    "1.2.3.4::",
    "g::",
    "example.org",
    "١٢٧.0.0.1",
  ];
  for (const address of none) {
    expect({ address, kind: classifyAddress(address) }).toEqual({ address, kind: "invalid" });
    expect(isAllowedAddress(address, { allow: ["0.0.0.0/0", "::/0"], allowLoopback: true })).toBe(false);
  }
});

test("odd notations of an address are that address", () => {
  const loopback = [
    "127.1",
    "127.0.1",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0177.0.0.1",
    "0177.0.0.01",
    "017700000001",
    "0x7F.0x0.0x0.0x1",
    "127.0x1",
    "00000000177.1",
  ];
  for (const address of loopback) expect({ address, kind: classifyAddress(address) }).toEqual({ address, kind: "loopback" });
  for (const address of ["0xa9fea9fe", "2852039166", "169.254.43518", "0251.0376.0251.0376"]) {
    expect({ address, kind: classifyAddress(address) }).toEqual({ address, kind: "metadata" });
  }
  expect(classifyAddress("0")).toBe("unspecified");
  expect(classifyAddress("0x")).toBe("unspecified");
  expect(classifyAddress("10.1")).toBe("private");
});

test("a host that is an address in whatever dress is one, and a name is none", () => {
  const means: Readonly<Record<string, AddressClass | undefined>> = {
    "127.0.0.1": "loopback",
    "127.0.0.1.": "loopback",
    "[::1]": "loopback",
    "0X7F.1": "loopback",
    "１２７。０。０。１": "loopback",
    "①②⑦.⓪.⓪.①": "loopback",
    localhost: "loopback",
    "LOCALHOST.": "loopback",
    "a.localhost": "loopback",
    "[::ffff:a9fe:a9fe]": "metadata",
    "1.2.3.4.5": "invalid",
    "example.1": "invalid",
    "example.0x": "invalid",
    "example.org": undefined,
    "127.0.0.1.nip.io": undefined,
    notlocalhost: undefined,
    "0x7f.example": undefined,
    "10.example": undefined,
    "": undefined,
  };
  for (const [host, kind] of Object.entries(means)) {
    const literal = literalAddress(host);
    expect({ host, kind: literal === undefined ? undefined : classifyAddress(literal) }).toEqual({ host, kind });
  }
});

test("a range opens what lies in it, of its own family, and nothing else", () => {
  const allowed = (ip: string, ...allow: string[]) => isAllowedAddress(ip, { allow, allowLoopback: false });
  expect(allowed("10.1.2.3", "10.0.0.0/8")).toBe(true);
  expect(allowed("::ffff:10.1.2.3", "10.0.0.0/8")).toBe(true);
  expect(allowed("10.1.2.3", "::ffff:10.0.0.0/104")).toBe(true);
  expect(allowed("10.1.2.3", "10.1.2.3/32")).toBe(true);
  expect(allowed("10.1.2.4", "10.1.2.3/32", "192.168.0.0/16")).toBe(false);
  expect(allowed("11.0.0.1", "192.0.2.0/24")).toBe(true);
  expect(allowed("fd00::7", "fd00::/8")).toBe(true);
  expect(allowed("fd00::7", "10.0.0.0/8", "fe80::/10")).toBe(false);
  expect(allowed("64:ff9b::a00:1", "10.0.0.0/8")).toBe(false);
  expect(allowed("127.0.0.1", "127.0.0.0/8")).toBe(true);
  expect(allowed("169.254.169.254", "0.0.0.0/0")).toBe(true);
  for (const bad of ["10.0.0.0", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x", "/8", "", "fd00::/129", "::ffff:10.0.0.0/8", "x/8"]) {
    expect(allowed("10.0.0.1", bad)).toBe(false);
  }
});

test("this machine is reached where that is allowed, and nothing else is with it", () => {
  for (const ip of ["127.0.0.1", "::1", "127.9.9.9"]) {
    expect(isAllowedAddress(ip, NOTHING)).toBe(false);
    expect(isAllowedAddress(ip, { allow: [], allowLoopback: true })).toBe(true);
  }
  for (const ip of ["0.0.0.0", "::", "10.0.0.1", "169.254.169.254", "::7f00:1", "2002:7f00:1::"]) {
    expect(isAllowedAddress(ip, { allow: [], allowLoopback: true })).toBe(false);
  }
});

const v4 = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255));
const dotted = (octets: readonly number[]) => octets.join(".");
const hex = (octets: readonly number[]) => octets.map((octet) => octet.toString(16).padStart(2, "0")).join("");

test("whatever its notation, an IPv4 address is of one class", () => {
  fc.assert(
    fc.property(v4, (octets) => {
      const kind = classifyAddress(dotted(octets));
      const [a = 0, b = 0, c = 0, d = 0] = octets;
      const number = ((a * 256 + b) * 256 + c) * 256 + d;
      const digits = hex(octets);
      const notations = [
        String(number),
        `0x${digits}`,
        `0${number.toString(8)}`,
        `${a}.${(b * 256 + c) * 256 + d}`,
        `${a}.${b}.${c * 256 + d}`,
        octets.map((octet) => `0x${octet.toString(16)}`).join("."),
        octets.map((octet) => `0${octet.toString(8)}`).join("."),
        `::ffff:${dotted(octets)}`,
        `::ffff:${digits.slice(0, 4)}:${digits.slice(4)}`,
        `0:0:0:0:0:FFFF:${dotted(octets)}`,
        `64:ff9b::${dotted(octets)}`,
      ];
      for (const notation of notations) expect({ notation, kind: classifyAddress(notation) }).toEqual({ notation, kind });
    }),
  );
});

test("an address reads as the URL parser reads it", () => {
  fc.assert(
    fc.property(
      fc.array(fc.stringMatching(/^(0x[0-9a-f]{0,8}|0[0-7]{0,11}|[1-9]\d{0,9}|[a-f0-9]{1,3})$/), { minLength: 1, maxLength: 5 }),
      (parts) => {
        const host = parts.join(".");
        const read = hostOf(`http://${host}/`);
        const literal = literalAddress(host);
        // The parser refuses a number that is no address; what it reads as an address must be the same for us.
        if (read === undefined) return literal !== undefined && classifyAddress(literal) === "invalid";
        if (/^\d+(\.\d+){3}$/.test(read)) return literal !== undefined && classifyAddress(literal) === classifyAddress(read);
        return literal === undefined;
      },
    ),
    { numRuns: 2000 },
  );
});

function hostOf(url: string): string | undefined {
  try {
    return new URL(url).hostname;
  } catch {
    return undefined;
  }
}

test("nothing inside 6to4, Teredo or an IPv4-compatible address is reached", () => {
  fc.assert(
    fc.property(v4, fc.nat(0xffff), (octets, low) => {
      const digits = hex(octets);
      const inner = `${digits.slice(0, 4)}:${digits.slice(4)}`;
      for (const ip of [`2002:${inner}::${low.toString(16)}`, `2001:0:${inner}::${low.toString(16)}`, `::${inner}`]) {
        expect({ ip, allowed: isAllowedAddress(ip, NOTHING) }).toEqual({ ip, allowed: false });
      }
    }),
  );
});

test("no text whatever makes it throw, and what is allowed by default is public", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.stringMatching(/^[0-9a-fx:.%[\]/]{0,50}$/), fc.ipV4(), fc.ipV6()), (text) => {
      literalAddress(text);
      expect(isAllowedAddress(text, NOTHING)).toBe(classifyAddress(text) === "public");
    }),
  );
});

test("whatever range is allowed, what lies outside stays closed", () => {
  fc.assert(
    fc.property(v4, v4, fc.nat(32), (base, octets, prefix) => {
      const bits = (each: readonly number[]) => BigInt(`0x${hex(each)}`) >> BigInt(32 - prefix);
      const inside = bits(base) === bits(octets);
      const open = isAllowedAddress(dotted(octets), { allow: [`${dotted(base)}/${prefix}`], allowLoopback: false });
      expect(open).toBe(inside || classifyAddress(dotted(octets)) === "public");
    }),
  );
});
