import { dockerMediaTypes } from "@ocilayout/oci-types";

import type { Entry, ForeignEntry } from "../index-json/entry.ts";
import { isForeign, refNameOf } from "../index-json/entry.ts";
import type { EntryTable } from "../index-json/entry-table.ts";
import type { ForeignReason } from "../index-json/ref-name.ts";
import type { Finding } from "./finding.ts";

/** Explains why an entry is foreign, and what to do. */
const ADVICE: Readonly<Record<ForeignReason, string>> = {
  "not an object": "it is not a JSON object; it is kept unchanged",
  "digest not understood": "its digest is not a valid sha256 or sha512 digest; it is kept unchanged",
  "size not understood":
    "its size is not a safe integer; it is kept unchanged, and its content is not served",
  "name not understood":
    "its name is neither a tag nor a repository; the option nameEntry can read other dialects",
  "name of another digest": "the digest in its name is not the digest of the entry",
  "no default repository": "its name has no repository; set the option defaultRepository to give it one",
};

/** Finds entries that cannot be read, that another entry of the same name hides, or that other tools cannot read. */
export function* findEntryProblems(table: EntryTable): Generator<Finding, void, undefined> {
  for (const entry of table.all()) {
    if (isForeign(entry)) {
      yield describeForeign(entry, entry.foreign);
      continue;
    }
    if (DOCKER.has(entry.mediaType)) yield describeDocker(entry);
    if (entry.unreadableName !== undefined)
      yield describeForeign(entry, entry.unreadableName, entry.repository);
    else if (entry.tag !== undefined && isHidden(entry, table.tagged(entry.repository, entry.tag))) {
      yield {
        severity: "warning",
        kind: "duplicate-ref",
        digest: entry.digest,
        refName: refNameOf(entry),
        message: describeDuplicate(entry, table),
      };
    }
  }
}

const DOCKER: ReadonlySet<string> = new Set([dockerMediaTypes.manifest, dockerMediaTypes.manifestList]);

/** Describes a manifest that Docker pushed. Some tools read only OCI's own types from a layout. */
function describeDocker(entry: Entry): Finding {
  const message =
    `${entry.digest} has Docker's media type, which skopeo, podman, buildah and umoci do not read from a layout; ` +
    "serve the layout and copy from there, or push the image in the OCI format";
  return {
    severity: "warning",
    kind: "docker-manifest",
    digest: entry.digest,
    refName: refNameOf(entry),
    message,
  };
}

function isHidden(entry: Entry, sameName: ReadonlySet<Entry>): boolean {
  const [first] = sameName;
  return first !== entry;
}

/** Describes a tag that several entries have. Two spellings come from two tools, and each tool sees only its own. */
function describeDuplicate(entry: Entry, table: EntryTable): string {
  const name = `${entry.repository}:${entry.tag ?? ""}`;
  const [first] = table.tagged(entry.repository, entry.tag ?? "");
  const [one, other] = [first === undefined ? undefined : refNameOf(first), refNameOf(entry)];
  const how = one === other ? "more than once" : `as ${JSON.stringify(one)} and as ${JSON.stringify(other)}`;
  return `index.json names ${name} ${how}: the first entry counts; push the tag again to leave one`;
}

/**
 * Describes a foreign entry.
 *
 * @param repository - The repository in which the entry is found by its digest, if any.
 */
function describeForeign(entry: Entry | ForeignEntry, reason: ForeignReason, repository?: string): Finding {
  const found = repository === undefined ? "" : `; ${repository}@${String(entry.digest)} refers to it`;
  return {
    severity: "warning",
    kind: "foreign-entry",
    digest: entry.digest,
    refName: refNameOf(entry),
    message: `cannot read an entry of index.json: ${ADVICE[reason]}${found}`,
  };
}
