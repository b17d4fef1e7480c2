import type { ManifestListing } from "@ocilayout/layout-core";
import { readStoredLayout, type StoredLayout } from "@ocilayout/layout-core/authors";
import { defineBackend, sameBackend, wasClosed, type Backend } from "@ocilayout/oci-backend";
import { layoutNames, type ListOptions, type Registry } from "@ocilayout/oci-types";
import { requireString } from "@ocilayout/oci-types/authors";

import { DOCKER_MANIFEST } from "./docker/docker-items.ts";
import { DockerLayout } from "./docker/docker-layout.ts";
import { invalidArchive } from "./file/errors.ts";
import { ArchiveFile } from "./file/archive-file.ts";
import { decompressFile } from "./file/decompress-file.ts";
import { listMembers } from "./members/list-members.ts";
import type { Members } from "./members/members.ts";
import { ociLayout } from "./reading/oci-layout.ts";
import { requireOpenOptions, type CheckedOpenOptions, type OpenArchiveOptions } from "./reading/options.ts";

/** A tar archive of images as a registry that only reads. Calls that write fail with `UNSUPPORTED`. */
export interface ArchiveRegistry extends Registry, AsyncDisposable {
  /** How the archive is read: as an OCI layout, or with the `manifest.json` of Docker. */
  readonly format: "oci" | "docker";
  /**
   * Lists every manifest of a repository with its tags, as `LayoutRegistry.manifests` does: manifests that only an index contains
   * are included, without tags. Fails with `NAME_UNKNOWN` if the repository does not exist.
   */
  manifests(repo: string, options?: ListOptions): AsyncIterable<ManifestListing>;
  /**
   * Frees all resources. Later calls fail with `CLOSED`; readers that are open can be read to their end. Idempotent.
   */
  close(): Promise<void>;
}

/**
 * Opens a tar archive of images as a registry: an OCI archive, or an archive of `docker save`. It reads the headers of the
 * archive once and unpacks nothing: each blob is read from its place in the file. Names and damage mean the same as in
 * `openLayout`.
 *
 * An archive that is compressed with gzip or zstd is decompressed once, to a temporary file.
 *
 * A Docker archive has no manifests. They are made when they are first needed, and have the bytes that
 * `skopeo inspect --raw docker-archive:` prints: layers are named by their digests in the config, and are decompressed.
 *
 * @param path - The path of the archive, a regular file. It stays open until `close`. If it is changed or replaced, calls fail
 * with `CONTENT_CORRUPT`.
 * @throws TypeError or RangeError if an argument is of the wrong type.
 * @throws `RegistryError` with one of these codes:
 *
 * - `ARCHIVE_INVALID`: the file is not such an archive, or is malformed, or ends too early.
 * - `SIZE_INVALID`: the archive exceeds a limit.
 * - `STORAGE_FAILED`: the file cannot be opened or read, or the temporary file cannot be written.
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/image-layout.md}
 * @see {@link https://github.com/moby/docker-image-spec/blob/main/v1.2.md#combined-image-json--filesystem-changeset-format}
 */
export async function openArchive(path: string, options: OpenArchiveOptions = {}): Promise<ArchiveRegistry> {
  requireString(path, "a path");
  if (path === "" || path.includes("\0")) throw new TypeError("a path must be the path of a file");
  const checked = requireOpenOptions(options);
  checked.signal?.throwIfAborted();
  const { signal, temporaryDirectory: directory, limitOf } = checked;
  let file = await ArchiveFile.open(path);
  try {
    file = await decompressFile(file, { signal, directory, limitOf });
    const members = await listMembers(file, checked);
    const format = checked.format ?? formatOf(members);
    return registryOf(file, layoutIn(file, members, format, checked), format, options);
  } catch (error) {
    await file.close();
    throw error;
  }
}

function formatOf(members: Members): "oci" | "docker" {
  if (members.has(layoutNames.index) && members.has(layoutNames.header)) return "oci";
  if (members.has(DOCKER_MANIFEST)) return "docker";
  if (members.has("repositories"))
    throw invalidArchive(
      `it has no ${DOCKER_MANIFEST}, as those of Docker before version 1.10: load it there, and save it with a later version`,
    );
  const names = `${layoutNames.index} with ${layoutNames.header}, nor ${DOCKER_MANIFEST}`;
  throw invalidArchive(`it is not an archive of images: it has neither ${names}`);
}

function layoutIn(
  file: ArchiveFile,
  members: Members,
  format: "oci" | "docker",
  { limitOf, maxConfigBytes, indexBytes }: CheckedOpenOptions,
): StoredLayout {
  return format === "oci"
    ? ociLayout(file, members, indexBytes)
    : new DockerLayout(file, members, { limitOf, maxConfigBytes, indexBytes });
}

function registryOf(
  file: ArchiveFile,
  layout: StoredLayout,
  format: "oci" | "docker",
  options: OpenArchiveOptions,
): ArchiveRegistry {
  let isClosed = false;
  const reader = readStoredLayout(layout, options);
  const backend: Backend = {
    ...reader.backend,
    begin() {
      if (isClosed) throw wasClosed("this archive");
    },
  };
  const made = defineBackend(backend);
  const close = async (): Promise<void> => {
    isClosed = true;
    await file.close();
  };
  return sameBackend(made, {
    ...made,
    format,
    manifests: (repo, given) => reader.manifests(backend, repo, given),
    close,
    [Symbol.asyncDispose]: close,
  });
}
