/** A host, in lower case. An IPv6 address is in its shortest form and in brackets. */
export interface Host {
  readonly name: string;
  /** The port. Absent for the default of the scheme. */
  readonly port: number | undefined;
}

const HOST = /^(?<name>\[[0-9a-f:.]{2,45}\]|[a-z0-9._~-]{1,255})(?::(?<port>\d{0,5}))?$/;
const IPV4 = /^(?:0|[1-9]\d{0,2})(?:\.(?:0|[1-9]\d{0,2})){3}$/;

/**
 * Parses the value of `Host`, or the host of an origin. Returns `undefined` if it is invalid, has a user name, or has
 * several values. Removes a final dot of the name.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-7.2}
 */
export function parseHost(value: string): Host | undefined {
  const { name, port } = HOST.exec(value.toLowerCase())?.groups ?? {};
  if (name === undefined || Number(port ?? 0) > 65_535) return undefined;
  const normalized = name.startsWith("[") ? normalizeIpv6(name) : name.replace(/\.$/, "");
  if (normalized === undefined || normalized === "") return undefined;
  return { name: normalized, port: port === undefined || port === "" ? undefined : Number(port) };
}

/**
 * Whether `name` is a loopback name: `localhost`, an address of 127.0.0.0/8, or `[::1]`. An IPv4 address must have four
 * decimal numbers, as browsers send it.
 */
export function isLoopbackName(name: string): boolean {
  if (name === "localhost" || name === "[::1]") return true;
  if (/^\[::ffff:7f[0-9a-f]{2}:[0-9a-f]{1,4}\]$/.test(name)) return true;
  return IPV4.test(name) && name.startsWith("127.") && name.split(".").every((part) => Number(part) <= 255);
}

/** Returns the address that a server listens on, as clients name it. */
export function hostOfAddress(address: string): string {
  return address.includes(":") ? (normalizeIpv6(`[${address}]`) ?? address) : address;
}

function normalizeIpv6(bracketed: string): string | undefined {
  try {
    return new URL(`http://${bracketed}/`).hostname;
  } catch {
    return undefined;
  }
}
