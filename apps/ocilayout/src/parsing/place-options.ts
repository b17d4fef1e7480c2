import { isValidRepository } from "@ocilayout/ociref";

import { UsageError } from "../errors/usage-error.ts";
import { remoteSpecs } from "./specs.ts";
import { flag, type Options, text } from "./spec.ts";

/** How places are opened. */
export interface PlaceOptions {
  /** Whether local places are directories of layouts. */
  readonly perRepo: boolean;
  /** The repository of bare tags. */
  readonly defaultRepository?: string | undefined;
  /** Whether to follow links in `blobs` that lead out of the layout. */
  readonly followLinks: boolean;
  /** The directory of the blobs, if it is not in the layout. */
  readonly sharedBlobDir?: string | undefined;
  /** The hosts of registries that are used without TLS. */
  readonly insecure: readonly string[];
  /** A file with certificates to trust, in PEM format. */
  readonly caFile?: string | undefined;
  /** A directory with certificates to trust (`*.crt`) and of the client (`*.cert`, `*.key`), in PEM format. */
  readonly certDir?: string | undefined;
  /** The hosts that may ask for credentials as token servers, beside the registry itself. */
  readonly tokenServers: readonly string[];
  /** Whether to use registries without credentials. */
  readonly anonymous: boolean;
}

/** The options of each verb with a place. */
export const placeSpecs: Options = {
  "per-repo": flag("The place is a directory of layouts, one per repository"),
  "default-repository": text(
    "NAME",
    'The repository of tags without one, which skopeo and others write [default: "default"]',
  ),
  "follow-links": flag("Follow links in blobs that lead out of the layout"),
  "shared-blob-dir": text("DIRECTORY", "The directory of the blobs, instead of PATH/blobs"),
  ...remoteSpecs,
  anonymous: flag("Use registries without credentials"),
};

/**
 * Reads the options of places.
 *
 * @throws {@link UsageError} if they contradict each other.
 */
export function readPlaceOptions(
  values: Readonly<Record<string, string | boolean | readonly string[] | undefined>>,
): PlaceOptions {
  const textOf = (name: string): string | undefined => {
    const value = values[name];
    return typeof value === "string" ? value : undefined;
  };
  const listOf = (name: string): readonly string[] => {
    const value = values[name];
    return Array.isArray(value) ? (value as readonly string[]) : [];
  };
  const options: PlaceOptions = {
    perRepo: values["per-repo"] === true,
    defaultRepository: textOf("default-repository"),
    followLinks: values["follow-links"] === true,
    sharedBlobDir: textOf("shared-blob-dir"),
    insecure: listOf("insecure"),
    caFile: textOf("ca-file"),
    certDir: textOf("cert-dir"),
    tokenServers: listOf("token-server"),
    anonymous: values["anonymous"] === true,
  };
  const { perRepo, defaultRepository, sharedBlobDir } = options;
  if (perRepo && defaultRepository !== undefined)
    throw new UsageError("cannot use --default-repository with --per-repo: leave one of them out");
  if (perRepo && sharedBlobDir !== undefined)
    throw new UsageError("cannot use --shared-blob-dir with --per-repo: leave one of them out");
  if (defaultRepository !== undefined && !isValidRepository(defaultRepository))
    throw new UsageError("--default-repository is not a valid repository name");
  return options;
}
