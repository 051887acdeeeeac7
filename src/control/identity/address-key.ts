/**
 * What counts as one address where failures are counted: an IPv4 address, or the first 64 bits of an IPv6 address,
 * since whoever has one address of such a network has them all.
 */
export function addressKey(address: string | undefined): string {
  if (address === undefined || address === "") return "unknown";
  const plain = address.toLowerCase().split("%", 1)[0] ?? "";
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(plain)?.[1];
  if (mapped !== undefined) return mapped;
  return plain.includes(":") ? `${networkOf(plain).join(":")}::/64` : plain;
}

function networkOf(address: string): readonly string[] {
  const [head = "", tail] = address.split("::", 2);
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  // A dotted part at the end stands for two groups.
  const missing = tail === undefined ? 0 : 8 - left.length - right.length - (right.at(-1)?.includes(".") === true ? 1 : 0);
  const groups = [...left, ...Array<string>(Math.max(0, missing)).fill("0"), ...right];
  return groups.slice(0, 4).map((group) => group.replace(/^0+(?=.)/, ""));
}
