import type { BlobWriter, Registry, RegistryCapabilities, RegistryErrorCode } from "@ocilayout/oci-types";

/** The state of one registry: the writers that operations opened. */
export interface Session {
  readonly registry: Registry;
  readonly writers: BlobWriter[];
}

/** One call, to be made on any registry. */
export interface Operation {
  /** The call as text. */
  readonly text: string;
  /** The codes that are equally right if the call has several mistakes. */
  readonly eitherCode: readonly RegistryErrorCode[];
  /** The name of the call. */
  readonly name: string;
  /** The arguments of the call. */
  readonly args: readonly unknown[];
  run(session: Session): Promise<unknown>;
}

/** Which operations to generate. */
export interface OperationChoice {
  /** The capabilities of the registry; calls that need others are left out. */
  readonly promises: (name: keyof RegistryCapabilities) => boolean;
  /** Whether to leave out calls whose outcome the contract leaves open. */
  readonly isLenient: boolean;
}

/** The mistakes that one call may have together. */
const EITHER: Readonly<Record<string, readonly RegistryErrorCode[]>> = {
  getBlobRange: ["BLOB_UNKNOWN", "NAME_UNKNOWN", "RANGE_INVALID"],
  pushBlob: ["DIGEST_INVALID", "SIZE_INVALID"],
  pushManifest: ["MANIFEST_BLOB_UNKNOWN", "MANIFEST_INVALID", "PRECONDITION_FAILED"],
  "push with all parts": ["MANIFEST_BLOB_UNKNOWN", "MANIFEST_INVALID"],
  pushBlobChunkedResume: ["BLOB_UPLOAD_INVALID", "RANGE_INVALID"],
  deleteTag: ["MANIFEST_UNKNOWN", "NAME_UNKNOWN", "PRECONDITION_FAILED"],
};

/** Makes a call from its name and arguments. */
export function operation(
  name: string,
  args: readonly unknown[],
  run: (session: Session) => Promise<unknown>,
): Operation {
  return { name, args, text: `${name}(${args.map(show).join(", ")})`, eitherCode: EITHER[name] ?? [], run };
}

/** Shortens digests; the beginning is enough to distinguish them. */
function show(value: unknown): string {
  if (value === undefined) return "undefined";
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === "string" && part.length > 20 ? `${part.slice(0, 15)}…` : part,
  );
}

/** Whether a registry has a capability. */
export type Promises = OperationChoice["promises"];
