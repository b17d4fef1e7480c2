import type { Descriptor } from "@ocilayout/oci-types";
import { annotationKeys, layoutNames } from "@ocilayout/oci-types";
import { excerpt } from "@ocilayout/oci-types/authors";
import { isValidTag, tryParseHostlessReference } from "@ocilayout/ociref";

import type { Contents } from "./check-content.ts";
import type { LayoutEntry } from "./check-files.ts";
import type { Report } from "./problem.ts";

/** The repository of bare tags and nameless entries, whatever its name. */
const NO_REPOSITORY = "";

/** Checks that the names of the entries are unique and that each entry is needed. */
export function checkEntries(entries: readonly LayoutEntry[], contents: Contents, report: Report): void {
  const names: Map<string, string> = new Map();
  for (const { descriptor, where } of entries) {
    const name = nameOf(descriptor);
    if (name === undefined) continue;
    const first = names.get(name);
    if (first === undefined) names.set(name, where);
    else
      report(
        "duplicate-name",
        layoutNames.index,
        `${where} and ${first} have the same name ${excerpt(name)}; readers differ in which one they use`,
      );
  }
  const byRepository: Map<string, LayoutEntry[]> = new Map();
  for (const entry of entries) {
    const repository = repositoryOf(nameOf(entry.descriptor));
    const own = byRepository.get(repository);
    if (own === undefined) byRepository.set(repository, [entry]);
    else own.push(entry);
  }
  for (const own of byRepository.values()) checkUntagged(own, contents, report);
}

function checkUntagged(entries: readonly LayoutEntry[], contents: Contents, report: Report): void {
  const contained = containedIn(
    entries.map(({ descriptor }) => descriptor.digest),
    contents,
  );
  for (const { descriptor, where } of entries) {
    if (isTagged(nameOf(descriptor)) || !saysNothingElse(descriptor) || !contained.has(descriptor.digest))
      continue;
    report(
      "redundant-entry",
      layoutNames.index,
      `${where} has no tag, and an index contains its manifest, so tools show one image as several; omit the entry`,
    );
  }
}

/** Returns the digests that `roots` contain, at any depth. */
function containedIn(roots: readonly string[], contents: Contents): ReadonlySet<string> {
  const contained: Set<string> = new Set();
  const waiting = [...roots];
  for (let digest = waiting.pop(); digest !== undefined; digest = waiting.pop()) {
    for (const child of contents.get(digest) ?? []) {
      if (contained.has(child)) continue;
      contained.add(child);
      waiting.push(child);
    }
  }
  return contained;
}

/** Returns the name of an entry. containerd's annotation wins, because the specification's repeats a part of it. */
function nameOf({ annotations = {} }: Descriptor): string | undefined {
  const own = (key: string): string | undefined =>
    Object.hasOwn(annotations, key) && annotations[key] !== "" ? annotations[key] : undefined;
  return own(annotationKeys.containerdImageName) ?? own(annotationKeys.refName);
}

function repositoryOf(name: string | undefined): string {
  if (name === undefined || isValidTag(name)) return NO_REPOSITORY;
  return tryParseHostlessReference(name)?.repository ?? name;
}

function isTagged(name: string | undefined): boolean {
  if (name === undefined) return false;
  const reference = isValidTag(name) ? undefined : tryParseHostlessReference(name);
  return reference === undefined || reference.tag !== undefined;
}

/** Whether the entry has no information beyond its descriptor. */
function saysNothingElse(descriptor: Descriptor): boolean {
  const known: ReadonlySet<string> = new Set([annotationKeys.refName, annotationKeys.containerdImageName]);
  return (
    Object.keys(descriptor).every((key) => ["mediaType", "digest", "size", "annotations"].includes(key)) &&
    Object.keys(descriptor.annotations ?? {}).every((key) => known.has(key))
  );
}
