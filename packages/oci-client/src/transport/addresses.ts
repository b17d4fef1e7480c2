/** The first bits of address ranges, as [address, number of bits]. */
type Range = readonly [string, number];

/**
 * The IPv4 ranges that the internet does not route.
 *
 * @see {@link https://www.iana.org/assignments/iana-ipv4-special-registry}
 */
const PRIVATE_V4: readonly Range[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["224.0.0.0", 3],
];

/** IPv6 ranges that contain an IPv4 address in the 32 bits from the given position: mapped, compatible, NAT64, 6to4. */
const EMBEDDING: readonly (readonly [string, number, number])[] = [
  ["::ffff:0:0", 96, 96],
  ["::", 96, 96],
  ["64:ff9b::", 96, 96],
  ["2002::", 16, 16],
];

/** The IPv6 ranges that the internet does not route. */
const PRIVATE_V6: readonly Range[] = [
  ["::", 128],
  ["::1", 128],
  ["64:ff9b:1::", 48],
  ["fc00::", 7],
  ["fe80::", 9],
  ["ff00::", 8],
];

/** Whether a host, as `URL.hostname` has it, is this machine: `localhost`, 127.0.0.0/8 or ::1. */
export function isLoopback(hostname: string): boolean {
  const address = parseAddress(hostname);
  if (address === undefined) return isLocalName(hostname);
  const four = embeddedV4(address);
  return four === undefined ? isIn(address, "::1", 128) : isIn(four, "127.0.0.0", 8);
}

/** Whether a host is a link-local address: 169.254.0.0/16, where clouds serve credentials, or fe80::/10. */
export function isLinkLocal(hostname: string): boolean {
  const address = parseAddress(hostname);
  if (address === undefined) return false;
  const four = embeddedV4(address);
  return four === undefined ? isIn(address, "fe80::", 10) : isIn(four, "169.254.0.0", 16);
}

/**
 * Whether a host is an address that the internet does not route: loopback, private, link-local, shared, multicast. A name
 * other than `localhost` is not resolved, and is not private.
 *
 * @param hostname - As `URL.hostname` has it, or an address without brackets.
 */
export function isPrivateAddress(hostname: string): boolean {
  const address = parseAddress(hostname);
  if (address === undefined) return isLocalName(hostname);
  const four = embeddedV4(address);
  if (four !== undefined) return PRIVATE_V4.some(([range, bits]) => isIn(four, range, bits));
  return PRIVATE_V6.some(([range, bits]) => isIn(address, range, bits));
}

function isLocalName(hostname: string): boolean {
  return /(?:^|\.)localhost\.?$/i.test(hostname);
}

/** Returns the bits of an address as text of 0 and 1; `undefined` for a name. */
function parseAddress(hostname: string): string | undefined {
  const bare = hostname.startsWith("[") ? hostname.slice(1, -1) : hostname;
  return bare.includes(":") ? parseV6(bare) : parseV4(bare.replace(/\.$/, ""));
}

function parseV4(text: string): string | undefined {
  if (!/^\d{1,3}(?:\.\d{1,3}){3}$/.test(text)) return undefined;
  return text
    .split(".")
    .map((part) => Number(part).toString(2).padStart(8, "0"))
    .join("");
}

function parseV6(text: string): string | undefined {
  const unscoped = text.replace(/%.*$/, "");
  const [head = "", tail] = unscoped.split("::", 2);
  const before = groupsOf(head);
  const after = tail === undefined ? [] : groupsOf(tail);
  const missing = 8 - before.length - after.length;
  if (missing < 0 || (tail === undefined && missing > 0)) return undefined;
  const groups = [...before, ...Array.from({ length: missing }, () => 0), ...after];
  if (groups.some((group) => !(group >= 0 && group <= 0xffff))) return undefined;
  return groups.map((group) => group.toString(2).padStart(16, "0")).join("");
}

/** Returns the 16-bit groups of a part of an IPv6 address. Its end may be an IPv4 address. */
function groupsOf(text: string): number[] {
  if (text === "") return [];
  return text.split(":").flatMap((group) => {
    const four = parseV4(group);
    if (four !== undefined)
      return [Number.parseInt(four.slice(0, 16), 2), Number.parseInt(four.slice(16), 2)];
    return [/^[\da-f]{1,4}$/i.test(group) ? Number.parseInt(group, 16) : Number.NaN];
  });
}

/** Returns the IPv4 address that an address is or contains. `::` and `::1` contain none. */
function embeddedV4(address: string): string | undefined {
  if (address.length === 32) return address;
  if (isIn(address, "::", 127)) return undefined;
  const found = EMBEDDING.find(([range, bits]) => isIn(address, range, bits));
  return found && address.slice(found[2], found[2] + 32);
}

function isIn(address: string, range: string, bits: number): boolean {
  const other = parseAddress(range);
  return other?.length === address.length && other.slice(0, bits) === address.slice(0, bits);
}
