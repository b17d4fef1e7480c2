/**
 * Returns the client that a request from `address` counts for. An IPv6 address counts as its network of 64 bits,
 * because one client usually has all of it. An IPv4-mapped address counts as the IPv4 address.
 */
export function clientKey(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped?.[1] !== undefined) return mapped[1];
  if (!address.includes(":")) return address;
  const [head = "", tail] = address.replace(/%.*$/, "").toLowerCase().split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const groups =
    tail === undefined
      ? before
      : [...before, ...Array<string>(Math.max(8 - before.length - after.length, 0)).fill("0"), ...after];
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ""))
    .join(":")}::/64`;
}

/** Returns the client of a request of which only the address is known. */
export function clientAt(address: string | undefined): string | undefined {
  return address === undefined ? undefined : `address ${clientKey(address)}`;
}
