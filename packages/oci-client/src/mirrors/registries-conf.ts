import { RegistryError } from "@ocilayout/oci-types";
import { excerpt, isRecord } from "@ocilayout/oci-types/authors";

import type { Location } from "./location.ts";
import { parseLocation } from "./location.ts";

/** When a mirror is used: for all references, for digests, or for tags. */
export type MirrorUse = "all" | "digest-only" | "tag-only";

/** A host, or all hosts below a domain, and a path. */
export interface Prefix extends Location {
  /** Whether `host` is a domain: `*.example.com` is `example.com` and all hosts below it. */
  readonly isWildcard: boolean;
}

/** A place that has repositories. */
export interface Source {
  /** Absent if names stay as they are. */
  readonly location: Location | undefined;
  /** Whether it may be plain HTTP. */
  readonly insecure: boolean;
}

/** One `[[registry]]` table. */
export interface RegistryTable extends Source {
  /** The hosts and repositories that the table is for. */
  readonly prefix: Prefix;
  /** Whether images must not be pulled. */
  readonly blocked: boolean;
  /** The mirrors, in the order in which they are asked. */
  readonly mirrors: readonly (Source & { readonly use: MirrorUse })[];
}

/** The tables of all files. */
export type RegistriesConf = readonly RegistryTable[];

/**
 * Reads the `[[registry]]` tables of a parsed `registries.conf`, version 2. Other settings, such as those for short names, are
 * ignored, and so are tables for a single tag or digest.
 *
 * @param document - The parsed TOML.
 * @param role - The name of the file for messages.
 * @throws `RegistryError` with `STORAGE_FAILED` if a table is malformed.
 * @see {@link https://github.com/containers/image/blob/main/docs/containers-registries.conf.5.md}
 */
export function readTables(document: unknown, role: string): RegistriesConf {
  const tables = isRecord(document) ? document["registry"] : undefined;
  if (tables === undefined) return [];
  return requireTables(tables, "registry", role)
    .filter((table) => !isSingleImage(table["prefix"]) && !isSingleImage(table["location"]))
    .map((table) => readTable(table, role));
}

/** Joins the tables of several files. A later table replaces an earlier one with the same prefix. */
export function joinTables(files: readonly RegistriesConf[]): RegistriesConf {
  const joined: Map<string, RegistryTable> = new Map();
  for (const tables of files) for (const table of tables) joined.set(JSON.stringify(table.prefix), table);
  return [...joined.values()];
}

function readTable(table: Record<string, unknown>, role: string): RegistryTable {
  const location = textOf(table, "location", role);
  const prefix = textOf(table, "prefix", role) ?? location;
  if (prefix === undefined) throw malformed(role, "a registry has neither prefix nor location");
  const isWildcard = prefix.startsWith("*.");
  if (location === undefined && !isWildcard)
    throw malformed(role, `the registry ${excerpt(prefix)} has no location`);
  const byDigest = flagOf(table, "mirror-by-digest-only", role);
  const mirrors = table["mirror"] === undefined ? [] : requireTables(table["mirror"], "mirror", role);
  return {
    prefix: { ...requireLocation(isWildcard ? prefix.slice(2) : prefix, role), isWildcard },
    location: location === undefined ? undefined : requireLocation(location, role),
    insecure: flagOf(table, "insecure", role),
    blocked: flagOf(table, "blocked", role),
    mirrors: mirrors.map((mirror) => ({
      location: requireLocation(textOf(mirror, "location", role) ?? "", role),
      insecure: flagOf(mirror, "insecure", role),
      use: useOf(mirror, byDigest, role),
    })),
  };
}

function useOf(mirror: Record<string, unknown>, byDigest: boolean, role: string): MirrorUse {
  const use = textOf(mirror, "pull-from-mirror", role);
  if (use === undefined) return byDigest ? "digest-only" : "all";
  if (byDigest) throw malformed(role, "pull-from-mirror and mirror-by-digest-only cannot be used together");
  if (use === "all" || use === "digest-only" || use === "tag-only") return use;
  throw malformed(role, `${excerpt(use)} is not a value of pull-from-mirror`);
}

/** Whether a name has a tag or a digest. */
function isSingleImage(name: unknown): boolean {
  return typeof name === "string" && /@|\/[^/]*:/.test(name);
}

function requireLocation(text: string, role: string): Location {
  const location = parseLocation(text);
  if (location === undefined) throw malformed(role, `${excerpt(text)} is not a host with an optional path`);
  return location;
}

function requireTables(value: unknown, name: string, role: string): readonly Record<string, unknown>[] {
  if (!Array.isArray(value) || !value.every(isRecord))
    throw malformed(role, `${name} is not a list of tables`);
  return value;
}

function textOf(table: Record<string, unknown>, name: string, role: string): string | undefined {
  const value = table[name];
  if (value !== undefined && typeof value !== "string") throw malformed(role, `${name} is not a string`);
  return value === "" ? undefined : value;
}

function flagOf(table: Record<string, unknown>, name: string, role: string): boolean {
  const value = table[name];
  if (value !== undefined && typeof value !== "boolean")
    throw malformed(role, `${name} is not true or false`);
  return value ?? false;
}

function malformed(role: string, reason: string): RegistryError {
  return new RegistryError("STORAGE_FAILED", `cannot read ${role}: ${reason}`);
}
