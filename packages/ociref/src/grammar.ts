import { isDigest } from "@ocilayout/oci-types";

/**
 * The longest repository name and the longest host, in bytes. What matches the grammar is ASCII, so that its
 * characters are its bytes; what is longer is refused by its length alone, before any pattern looks at it.
 */
export const maxRepositoryLength: number = 255;

/** The longest tag, in bytes. */
export const maxTagLength: number = 128;

const alphanumeric = "[a-z0-9]+";
const separator = "(?:\\.|_|__|-+)";
const pathComponent = `${alphanumeric}(?:${separator}${alphanumeric})*`;
const repository = new RegExp(`^${pathComponent}(?:/${pathComponent})*$`);

const tag = /^[a-zA-Z0-9_][a-zA-Z0-9._-]*$/;

const domainComponent = "[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?";
const domainName = `${domainComponent}(?:\\.${domainComponent})*`;
const ipv6 = "\\[[a-fA-F0-9:]+\\]";
const host = new RegExp(`^(?:${domainName}|${ipv6})(?::(?<port>[0-9]+))?$`);

/**
 * Whether `value` is a repository name: lower-case path components of at most 255 bytes in all, without a host.
 *
 * @see {@link https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests}
 */
export function isValidRepository(value: unknown): value is string {
  return typeof value === "string" && value.length <= maxRepositoryLength && repository.test(value);
}

/**
 * Whether `value` is a tag: a letter, digit or underscore, then also dots and hyphens, of at most 128 bytes in all.
 *
 * @see {@link https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests}
 */
export function isValidTag(value: unknown): value is string {
  return typeof value === "string" && value.length <= maxTagLength && tag.test(value);
}

/**
 * Whether `value` is a digest: well-formed, and for a registered algorithm of that algorithm's length and alphabet.
 * One of an unknown algorithm is valid: whether it can be verified is another question.
 *
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/descriptor.md#digests}
 */
export function isValidDigest(value: unknown): value is string {
  return isDigest(value);
}

/**
 * Whether `value` is the host of a registry: a domain name, an IPv4 address or an IPv6 address in brackets without a
 * zone, with a port up to 65535 where one is given, of at most 255 bytes in all.
 *
 * @see {@link https://github.com/distribution/reference/blob/main/regexp.go}
 */
export function isValidHost(value: unknown): value is string {
  if (typeof value !== "string" || value.length > maxRepositoryLength) return false;
  const match = host.exec(value);
  if (match === null) return false;
  const port = match.groups?.["port"];
  return (port === undefined || (port.length <= 5 && Number(port) <= 65535)) && isAddressIfBracketed(value);
}

/** Within brackets the pattern lets any digits and colons through; an address has more rules than that. */
function isAddressIfBracketed(value: string): boolean {
  if (!value.startsWith("[")) return true;
  const address = value.slice(1, value.indexOf("]"));
  const halves = address.split("::");
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === "" ? [] : half.split(":")));
  if (!groups.every((group) => /^[a-fA-F0-9]{1,4}$/.test(group))) return false;
  return halves.length === 2 ? groups.length <= 7 : groups.length === 8;
}
