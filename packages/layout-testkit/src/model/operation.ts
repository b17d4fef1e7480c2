import type { BlobWriter, Registry, RegistryCapabilities, RegistryErrorCode } from "@ocilayout/oci-types";

/** What one registry has of the operations so far: the writers they opened. */
export interface Session {
  readonly registry: Registry;
  readonly writers: BlobWriter[];
}

/** One call, to be made on any registry. */
export interface Operation {
  /** As it would be written. */
  readonly text: string;
  /** Where several things are wrong with it at once, either of these may be said. */
  readonly eitherCode: readonly RegistryErrorCode[];
  /** The call, or what it is a call of. */
  readonly name: string;
  /** What is passed to it. */
  readonly args: readonly unknown[];
  run(session: Session): Promise<unknown>;
}

/** Which operations are made. */
export interface OperationChoice {
  /** What the registry promises; calls that it does not promise are left out. */
  readonly promises: (name: keyof RegistryCapabilities) => boolean;
  /** Whether nothing is done of which the contract leaves open what comes of it. */
  readonly isLenient: boolean;
}

/** What may be wrong with a call at once. */
const EITHER: Readonly<Record<string, readonly RegistryErrorCode[]>> = {
  getBlobRange: ["BLOB_UNKNOWN", "NAME_UNKNOWN", "RANGE_INVALID"],
  pushBlob: ["DIGEST_INVALID", "SIZE_INVALID"],
  pushManifest: ["MANIFEST_BLOB_UNKNOWN", "MANIFEST_INVALID", "PRECONDITION_FAILED"],
  "push with all parts": ["MANIFEST_BLOB_UNKNOWN", "MANIFEST_INVALID"],
  pushBlobChunkedResume: ["BLOB_UPLOAD_INVALID", "RANGE_INVALID"],
  deleteTag: ["MANIFEST_UNKNOWN", "NAME_UNKNOWN", "PRECONDITION_FAILED"],
};

/** One call, by its name and what is passed to it. */
export function operation(
  name: string,
  args: readonly unknown[],
  run: (session: Session) => Promise<unknown>,
): Operation {
  return { name, args, text: `${name}(${args.map(show).join(", ")})`, eitherCode: EITHER[name] ?? [], run };
}

/** Digests are cut to what tells them apart. */
function show(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === "string" && part.length > 20 ? `${part.slice(0, 15)}…` : part,
  );
}

/** What a registry promises. */
export type Promises = OperationChoice["promises"];
