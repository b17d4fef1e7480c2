import { isDigest, RegistryError } from "@ocilayout/oci-types";

import { isAtOrAbove, moveBelow } from "./location.ts";
import type { MirrorRule } from "./mirror-rule.ts";
import type { MirrorUse, Prefix, RegistriesConf, RegistryTable, Source } from "./registries-conf.ts";

/**
 * Returns the mirrors of a host, for `RemoteOptions.mirrors`, in the order in which they are asked. A location that replaces the
 * host, or a part of it, is the last of them.
 *
 * A mirror is plain HTTP if it is `insecure`: HTTPS with certificates that are not trusted is not supported. A blocked part of a
 * host has no mirrors.
 *
 * @throws `RegistryError` with `DENIED` if the whole host is blocked.
 */
export function mirrorsOf(conf: RegistriesConf, host: string): readonly MirrorRule[] {
  if (tableFor(conf, host, "")?.blocked === true)
    throw new RegistryError("DENIED", "registries.conf blocks this host");
  return conf
    .filter(({ prefix }) => isHostOf(prefix, host))
    .flatMap((table) =>
      [...table.mirrors, { ...table, use: "all" as const }].flatMap((source) => {
        if (source.location === undefined || isUnmoved(source, table)) return [];
        const rewrite: MirrorRule["rewrite"] = (repository, reference) => {
          if (!isFor(source.use, reference) || tableFor(conf, host, repository) !== table) return undefined;
          return table.blocked ? undefined : nameAt(source, table, repository);
        };
        return [{ host: source.location.host, insecure: insecureOf(source), rewrite }];
      }),
    );
}

/** Returns the table with the longest prefix. If two are equally long, the one for the host itself comes before a wildcard. */
function tableFor(conf: RegistriesConf, host: string, repository: string): RegistryTable | undefined {
  const rank = ({ prefix }: RegistryTable): number =>
    prefix.host.length * 2 +
    (prefix.path.length === 0 ? 0 : (prefix.path.length + 1) * 2) +
    (prefix.isWildcard ? 0 : 1);
  let best: RegistryTable | undefined;
  for (const table of conf) {
    if (!isHostOf(table.prefix, host) || !isAtOrAbove(table.prefix.path, repository)) continue;
    if (best === undefined || rank(table) > rank(best)) best = table;
  }
  return best;
}

function isHostOf({ host: wanted, isWildcard }: Prefix, host: string): boolean {
  const lower = host.toLowerCase();
  if (!isWildcard) return lower === wanted;
  return lower.replace(/:\d+$/, "").endsWith(`.${wanted}`) || lower.endsWith(`.${wanted}`);
}

function isFor(use: MirrorUse, reference: string): boolean {
  return use === "all" || (use === "digest-only") === isDigest(reference);
}

/** Whether a source is the place that the prefix of its table names. */
function isUnmoved({ location }: Source, { prefix }: RegistryTable): boolean {
  if (location === undefined) return true;
  return !prefix.isWildcard && location.host === prefix.host && location.path === prefix.path;
}

function nameAt({ location }: Source, { prefix }: RegistryTable, repository: string): string | undefined {
  return location === undefined ? repository : moveBelow(repository, prefix.path, location.path);
}

function insecureOf({ insecure }: Source): boolean | undefined {
  return insecure ? true : undefined;
}
