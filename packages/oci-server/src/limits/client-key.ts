/**
 * Who a request from `address` counts for. An IPv6 address counts for its network of 64 bits, all of which one client
 * usually has; an IPv4 address that is written as IPv6 counts as itself.
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

/** Who a request counts for of which no more is known than the address that it comes from. */
export function clientAt(address: string | undefined): string | undefined {
  return address === undefined ? undefined : `address ${clientKey(address)}`;
}
