import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

import type { LayoutRegistry, ManifestListing } from "@ocilayout/layout-core";
import { openLayout } from "@ocilayout/layout-core";
import type { Descriptor, Digest, ImageManifest } from "@ocilayout/oci-types";
import { collect } from "@ocilayout/oci-types";
import { expect } from "vitest";

import { ocilayout } from "./command.ts";
import { digestOf, type Image } from "./images.ts";

/** The expected content of a layout that another program wrote. */
export interface Expected {
  /** The tags of each repository. */
  readonly tags: Readonly<Record<string, readonly string[]>>;
  /** The names that fit no repository. Their manifests are in `default`, by digest. */
  readonly unreadableNames?: readonly string[] | undefined;
  /**
   * The images. Programs compress layers and write manifests again, but keep the config and the content of the layers.
   */
  readonly images: readonly Image[];
  /** The directory of the blobs, if it is not in the layout. */
  readonly sharedBlobs?: string | undefined;
  /** Whether images that an index lists are missing. */
  readonly sparse?: boolean | undefined;
}

/**
 * Requires that the library and the command list, resolve, read and verify every image of the layout `name` in `cwd`.
 */
export async function expectReadable(cwd: string, name: string, expected: Expected): Promise<void> {
  const directory = join(cwd, name);
  const blobs = join(cwd, expected.sharedBlobs ?? join(name, "blobs"));
  await using registry = await openLayout(directory, {
    blobDirectory: expected.sharedBlobs && blobs,
    readOnly: true,
  });

  expect(await collect(registry.repositories())).toEqual(Object.keys(expected.tags).sort());
  const unreadableNames: string[] = [];
  const found: Map<string, readonly Digest[]> = new Map();
  const listed: Set<string> = new Set();
  for (const [repository, tags] of Object.entries(expected.tags)) {
    expect(await collect(registry.tags(repository))).toEqual(tags);
    const listings = await collect(registry.manifests(repository));
    expect(listings.flatMap((listing) => listing.tags).sort()).toEqual(tags);
    for (const listing of listings) {
      listed.add(listing.descriptor.digest);
      unreadableNames.push(...listing.unreadableNames);
      const bytes = readFileSync(join(blobs, listing.descriptor.digest.replace(":", "/")));
      await expectManifest(registry, repository, listing, bytes);
      await expectManifestOfCommand(directory, repository, listing, bytes, blobOptions(blobs, expected));
      const { config, layers } = JSON.parse(bytes.toString()) as Partial<ImageManifest>;
      if (config === undefined) continue;
      await readBlob(registry, repository, config);
      const contents = await Promise.all(
        (layers ?? []).map(async (layer) => digestOf(plain(await readBlob(registry, repository, layer)))),
      );
      found.set(config.digest, contents);
    }
  }
  expect(unreadableNames.sort()).toEqual(expected.unreadableNames ?? []);
  expect([...listed]).toEqual(
    expect.arrayContaining(indexOf(cwd, name).manifests.map(({ digest }) => digest)),
  );
  for (const { config, diffIds } of expected.images)
    expect(found.get(config.descriptor.digest)).toEqual(diffIds);
  const findings = await collect(registry.verify({ allowSparse: expected.sparse }));
  expect(findings.filter(({ severity }) => severity === "error")).toEqual([]);

  await expectLists(directory, expected, listed, blobOptions(blobs, expected));
}

/** Requires that the library lists, resolves and reads the content of the directory. */
async function expectManifest(
  registry: LayoutRegistry,
  repository: string,
  { descriptor, tags }: ManifestListing,
  bytes: Buffer,
): Promise<void> {
  const { mediaType = descriptor.mediaType } = JSON.parse(bytes.toString()) as { mediaType?: string };
  expect(descriptor).toEqual({ mediaType, digest: digestOf(bytes), size: bytes.length });
  expect(await registry.resolveManifest(repository, descriptor.digest)).toEqual(descriptor);
  expect(Buffer.from(await (await registry.getManifest(repository, descriptor.digest)).bytes())).toEqual(
    bytes,
  );
  for (const tag of tags) {
    expect(await registry.resolveTag(repository, tag)).toEqual(descriptor);
    expect(Buffer.from(await (await registry.getTag(repository, tag)).bytes())).toEqual(bytes);
  }
}

/** Requires that the command reads the same bytes by each tag and by the digest. */
async function expectManifestOfCommand(
  directory: string,
  repository: string,
  { descriptor, tags }: ManifestListing,
  bytes: Buffer,
  options: readonly string[],
): Promise<void> {
  const path = repository === "default" ? directory : `${directory}/${repository}`;
  const references = [`@${descriptor.digest}`, ...tags.map((tag) => `:${tag}`)];
  for (const reference of references) {
    expect(await ocilayout("cat", path + reference, ...options)).toEqual({
      code: 0,
      stdout: bytes.toString(),
      stderr: "",
    });
  }
}

/** Runs `ls`, `show` and `verify` of the command on the whole layout. */
async function expectLists(
  directory: string,
  expected: Expected,
  listed: ReadonlySet<string>,
  options: readonly string[],
): Promise<void> {
  const { tags, unreadableNames = [], sparse = false } = expected;
  const ls = await ocilayout("ls", directory, "--json", ...options);
  const repositories = ls.stdout
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as unknown);
  expect({ ...ls, stdout: repositories }).toEqual({
    code: 0,
    stdout: Object.keys(tags)
      .sort()
      .map((repository) => ({
        repository,
        tags: tags[repository]?.length,
        unreadableNames: repository === "default" ? unreadableNames.length : 0,
      })),
    stderr: "",
  });
  const show = await ocilayout("show", directory, ...options);
  expect(show).toMatchObject({ code: 0, stderr: "" });
  for (const text of [...[...listed].map((digest) => digest.slice(0, 19)), ...unreadableNames])
    expect(show.stdout).toContain(text);
  const verify = await ocilayout("verify", directory, ...(sparse ? ["--allow-sparse"] : []), ...options);
  expect(verify.code, verify.stdout + verify.stderr).toBe(0);
}

function blobOptions(blobs: string, { sharedBlobs }: Expected): string[] {
  return sharedBlobs === undefined ? [] : ["--shared-blob-dir", blobs];
}

/** Reads `index.json` of the layout `name` in `cwd`. */
export function indexOf(cwd: string, name: string): { readonly manifests: readonly Descriptor[] } {
  return JSON.parse(readFileSync(join(cwd, name, "index.json"), "utf8")) as ReturnType<typeof indexOf>;
}

async function readBlob(
  registry: LayoutRegistry,
  repository: string,
  descriptor: Descriptor,
): Promise<Buffer> {
  const resolved = await registry.resolveBlob(repository, descriptor.digest);
  expect(resolved).toMatchObject({ digest: descriptor.digest, size: descriptor.size });
  const bytes = Buffer.from(await (await registry.getBlob(repository, descriptor.digest)).bytes());
  expect(digestOf(bytes)).toBe(descriptor.digest);
  return bytes;
}

/** Returns the uncompressed content of a layer. */
function plain(bytes: Buffer): Buffer {
  return bytes.readUInt16BE(0) === 0x1f8b ? gunzipSync(bytes) : bytes;
}
