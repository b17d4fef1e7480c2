import { isValidHost, isValidRepository } from "@ocilayout/ociref";

/** A host, and a path below it that may be empty: `mirror.example.com:5000/team`. */
export interface Location {
  /** The host, with its port if it has one. */
  readonly host: string;
  /** The path, or an empty string. */
  readonly path: string;
}

/** Parses a location. Returns `undefined` if it is not a host with an optional path. */
export function parseLocation(text: string): Location | undefined {
  const [, host = "", path = ""] = /^([^/]+)(?:\/([^]*))?$/.exec(text.replace(/\/+$/, "")) ?? [];
  if (!isValidHost(host) || (path !== "" && !isValidRepository(path))) return undefined;
  return { host: host.toLowerCase(), path };
}

/** Whether a path is that of the repository, or above it. The empty path is above all. */
export function isAtOrAbove(path: string, repository: string): boolean {
  return path === "" || `${repository}/`.startsWith(`${path}/`);
}

/**
 * Returns the name that a repository below `from` has below `to`, or `undefined` if that is not a name.
 *
 * @param from - A path at or above the repository.
 */
export function moveBelow(repository: string, from: string, to: string): string | undefined {
  const rest = from === "" ? repository : repository.slice(from.length + 1);
  const moved = [to, rest].filter((part) => part !== "").join("/");
  return isValidRepository(moved) ? moved : undefined;
}
