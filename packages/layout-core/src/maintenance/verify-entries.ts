import { dockerMediaTypes } from "@ocilayout/oci-types";

import type { Entry, ForeignEntry } from "../index-json/entry.ts";
import { isForeign, refNameOf } from "../index-json/entry.ts";
import type { EntryTable } from "../index-json/entry-table.ts";
import type { ForeignReason } from "../index-json/ref-name.ts";
import type { Finding } from "./finding.ts";

/** What to make of an entry that is foreign. */
const ADVICE: Readonly<Record<ForeignReason, string>> = {
  "not an object": "it is not a JSON object; it is kept as it is",
  "digest not understood":
    "its digest is malformed, or of another algorithm than sha256 and sha512; it is kept as it is",
  "size not understood": "its size is not a safe integer; it is kept as it is, and its content is not served",
  "name not understood":
    "its name is neither a tag nor a repository; the option nameEntry can read other dialects",
  "name of another digest": "its name has another digest than the entry",
  "no default repository":
    "it names no repository; the option defaultRepository says which one it belongs to",
};

/** Entries that cannot be read, that another one of the same name hides, or that other tools do not read. */
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

/** What a push by Docker leaves: some tools read only OCI's own types from a layout. */
function describeDocker(entry: Entry): Finding {
  const message =
    `${entry.digest} has Docker's media type, which skopeo, podman, buildah and umoci do not read from a layout; ` +
    "serve the layout and copy from there, or push the image in OCI's format";
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

/** A tag that several entries name. Two spellings of it come from two tools, each of which sees one. */
function describeDuplicate(entry: Entry, table: EntryTable): string {
  const name = `${entry.repository}:${entry.tag ?? ""}`;
  const [first] = table.tagged(entry.repository, entry.tag ?? "");
  const [one, other] = [first === undefined ? undefined : refNameOf(first), refNameOf(entry)];
  const how = one === other ? "more than once" : `as ${JSON.stringify(one)} and as ${JSON.stringify(other)}`;
  return `index.json names ${name} ${how}: the first entry counts; pushing the tag again leaves one`;
}

/** @param repository - Where the entry is found by its digest, if anywhere. */
function describeForeign(entry: Entry | ForeignEntry, reason: ForeignReason, repository?: string): Finding {
  const found = repository === undefined ? "" : `; ${repository}@${String(entry.digest)} reads it`;
  return {
    severity: "warning",
    kind: "foreign-entry",
    digest: entry.digest,
    refName: refNameOf(entry),
    message: `cannot read an entry of index.json: ${ADVICE[reason]}${found}`,
  };
}
