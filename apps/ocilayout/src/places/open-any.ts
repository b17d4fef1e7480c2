import { RegistryError } from "@ocilayout/oci-types";

import { UsageError } from "../errors/usage-error.ts";
import type { PlaceOptions } from "../parsing/place-options.ts";
import { findPlace } from "./find-place.ts";
import { openTarget } from "./open.ts";
import { DEFAULT_REPOSITORY, type OpenRegistry, type Purpose, type Target } from "./target.ts";

/** Options of {@link openAny}. */
export interface OpenAnyOptions extends Partial<PlaceOptions> {
  /** Defaults to `"read"`. `"change"` also writes to an existing layout or registry, and `"create"` creates a layout. */
  readonly purpose?: Purpose | undefined;
  /** Whether the text names a whole layout, archive or registry, without a repository. Defaults to false. */
  readonly isWhole?: boolean | undefined;
  /** Ends the opening. */
  readonly signal?: AbortSignal | undefined;
  /** Receives the warnings of a registry. */
  readonly onWarning?: ((text: string) => void) | undefined;
}

/** A place that is open, in the parts of its text. Close the registry when you no longer need it. */
export interface OpenPlace extends Pick<Target, "kind" | "repository" | "tag" | "digest"> {
  /** The registry. */
  readonly registry: OpenRegistry;
}

/**
 * Opens the place that a text means: a layout (`images/team/app:v1`), a directory of layouts (`tree:trees//team/app:v1`), an
 * archive (`images.tar:app:v1`) or a registry (`docker://host/app:v1`, `localhost:5000/app:v1`). An existing path wins. A text
 * without a prefix is a registry only if its first component has a `.` or `:`, or is `localhost`.
 *
 * @throws `RegistryError` `NAME_INVALID` if the text has no meaning, `NAME_UNKNOWN` if there is no such layout or archive, and
 * the errors of `openLayout`, `openArchive` and `openRemote`.
 */
export async function openAny(text: string, options: OpenAnyOptions = {}): Promise<OpenPlace> {
  const { purpose = "read", isWhole = false, signal = new AbortController().signal, onWarning } = options;
  const places: PlaceOptions = {
    perRepo: false,
    followLinks: false,
    insecure: [],
    tokenServers: [],
    anonymous: false,
    ...options,
  };
  const target = await findPlace(text, places, { purpose, isWhole }).catch((error: unknown) => {
    if (!(error instanceof UsageError)) throw error;
    throw new RegistryError("NAME_INVALID", error.message, { cause: error });
  });
  const output = { note: async (line: string) => onWarning?.(line) };
  const registry = await openTarget(target, places, { purpose, signal, output });
  const { kind, tag, digest } = target;
  const isNamed = target.repository !== undefined || kind === "remote" || isWhole;
  const repository = isNamed ? target.repository : (places.defaultRepository ?? DEFAULT_REPOSITORY);
  return { kind, repository, tag, digest, registry };
}
