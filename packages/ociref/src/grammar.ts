import { isDigest } from "@ocilayout/oci-types";

/**
 * The maximum length of a repository name, and of a host, in bytes. Valid names are ASCII, so characters are bytes. Longer
 * values are rejected before any pattern is tried.
 */
export const maxRepositoryLength: number = 255;

/** The maximum length of a tag, in bytes. */
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
 * Whether `value` is a repository name: lower-case path components without a host, at most 255 bytes.
 *
 * @see {@link https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests}
 */
export function isValidRepository(value: unknown): value is string {
  return typeof value === "string" && value.length <= maxRepositoryLength && repository.test(value);
}

/**
 * Whether `value` is a tag: letters, digits, underscores, dots and hyphens, at most 128 bytes. The first character is not a
 * dot or a hyphen.
 *
 * @see {@link https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests}
 */
export function isValidTag(value: unknown): value is string {
  return typeof value === "string" && value.length <= maxTagLength && tag.test(value);
}

/**
 * Whether `value` is a well-formed digest. A digest of a registered algorithm must have the length and the alphabet of that
 * algorithm. Unknown algorithms are valid, even if they cannot be verified.
 *
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/descriptor.md#digests}
 */
export function isValidDigest(value: unknown): value is string {
  return isDigest(value);
}

/**
 * Whether `value` is the host of a registry, at most 255 bytes. A host is a domain name, an IPv4 address, or an IPv6 address
 * in brackets without a zone. A port is optional, and at most 65535.
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

/** Whether the text in brackets, if there is any, is an IPv6 address. The pattern only checks its characters. */
function isAddressIfBracketed(value: string): boolean {
  if (!value.startsWith("[")) return true;
  const address = value.slice(1, value.indexOf("]"));
  const halves = address.split("::");
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === "" ? [] : half.split(":")));
  if (!groups.every((group) => /^[a-fA-F0-9]{1,4}$/.test(group))) return false;
  return halves.length === 2 ? groups.length <= 7 : groups.length === 8;
}
