import { createHash } from "node:crypto";
import { statSync } from "node:fs";

import { collect, isRegistryError, type BlobReader, type Descriptor } from "@ocilayout/oci-types";
import { blobPath } from "@ocilayout/testing";

import type { Finding, LayoutRegistry } from "../src/index.ts";

import { hashOfItems, record, sorted, type Reading } from "./independent-reading.ts";

/** Reads a layout with every method. `like` names content that no list contains. */
export async function readAll(registry: LayoutRegistry, like: Reading): Promise<Reading> {
  const repositories = await collect(registry.repositories());
  const tags = record();
  const digests = record();
  const tagContents = record();
  const manifests: string[] = [];
  const owners: Map<string, string[]> = new Map();
  const tagsOfManifests = record();
  for (const repository of repositories) {
    for await (const tag of registry.tags(repository)) {
      const descriptor = await registry.resolveTag(repository, tag);
      tags[`${repository}:${tag}`] = describe(descriptor);
      digests[`${repository}:${tag}`] = descriptor.digest;
      tagContents[`${repository}:${tag}`] = await outcome(registry.getTag(repository, tag));
    }
    for await (const { descriptor, tags: own } of registry.manifests(repository)) {
      manifests.push(describe(descriptor));
      owners.set(descriptor.digest, [...(owners.get(descriptor.digest) ?? []), repository]);
      for (const tag of own) tagsOfManifests[`${repository}:${tag}`] = descriptor.digest;
    }
  }
  for (const name of new Set([...Object.keys(tags), ...Object.keys(tagsOfManifests)])) {
    if (digests[name] !== tagsOfManifests[name])
      tags[name] = `${tags[name]}, and ${tagsOfManifests[name]} among the manifests`;
  }

  const manifestContents = record();
  for (const digest of new Set([...Object.keys(like.manifestContents), ...owners.keys()])) {
    const outcomes: Set<string> = new Set();
    for (const repository of owners.get(digest) ?? repositories) {
      const read = await outcome(registry.getManifest(repository, digest));
      outcomes.add(read);
      if (read !== digest) continue;
      const resolved = describe(await registry.resolveManifest(repository, digest));
      if (!manifests.includes(resolved)) outcomes.add(`resolved as ${resolved}`);
    }
    manifestContents[digest] = [...outcomes].sort().join(" or ");
  }
  const blobContents = record();
  for (const digest of Object.keys(like.blobContents)) {
    const read = await outcome(registry.getBlob("any", digest));
    const size = await registry.resolveBlob("any", digest).then((resolved) => resolved.size, codeOf);
    const stored =
      read === digest || read === "CONTENT_CORRUPT"
        ? statSync(blobPath(registry.directory, digest)).size
        : read;
    blobContents[digest] = size === stored ? read : `${read}, and resolved as ${size}`;
  }
  const referrers: Record<string, unknown[]> = {};
  for (const subject of Object.keys(like.referrers)) {
    const found: Map<string, unknown> = new Map();
    for (const repository of repositories) {
      for await (const referrer of registry.referrers(repository, subject))
        found.set(referrer.digest, referrer);
    }
    referrers[subject] = [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, descriptor]) => descriptor);
  }
  const findings = groupFindings(registry.directory, await collect(registry.verify()));
  return {
    repositories,
    tags,
    tagContents,
    manifests: sorted(manifests),
    manifestContents,
    blobContents,
    referrers,
    findings,
  };
}

/** Returns the digest of the content of a reader, computed here, or the code of the error. */
async function outcome(reading: Promise<BlobReader>): Promise<string> {
  try {
    const reader = await reading;
    const [algorithm = ""] = reader.descriptor.digest.split(":");
    return `${algorithm}:${createHash(algorithm)
      .update(await reader.bytes())
      .digest("hex")}`;
  } catch (error) {
    return codeOf(error);
  }
}

function codeOf(error: unknown): string {
  if (isRegistryError(error)) return error.code;
  throw error;
}

/** Formats a descriptor in one line, including unexpected members. */
function describe({ mediaType, digest, size, ...rest }: Descriptor): string {
  return [mediaType, digest, size, ...Object.keys(rest)].join(" ");
}

/** `expected.json` has only the length and a hash of lists with more than 200 items. */
const LONG = 200;

function groupFindings(directory: string, findings: readonly Finding[]): Reading["findings"] {
  const groups: Partial<Record<Finding["kind"], string[]>> = {};
  for (const { kind, refName, digest, path } of findings) {
    const about =
      kind === "foreign-entry" || kind === "duplicate-ref"
        ? (refName ?? digest)
        : kind === "stray-file" || kind === "empty-index"
          ? path
          : digest;
    (groups[kind] ??= []).push(about ?? "nothing");
  }
  const unreachable = groups["unreachable-blob"] ?? [];
  if (unreachable.length > LONG) {
    const items = unreachable.map((digest) => ({ digest, size: statSync(blobPath(directory, digest)).size }));
    groups["unreachable-blob"] = [`${items.length} ${hashOfItems(items)}`];
  }
  // A blob with several wrong sizes has several findings.
  if (groups["wrong-size"] !== undefined) groups["wrong-size"] = sorted(groups["wrong-size"]);
  return Object.fromEntries(Object.entries(groups).map(([kind, about]) => [kind, [...about].sort()]));
}
