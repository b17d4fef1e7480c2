import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import type { TarEntryInit } from "@ocilayout/oci-image/tar";
import { writeTar } from "@ocilayout/oci-image/tar";
import { openLayout } from "@ocilayout/layout-core";
import { pushContent } from "@ocilayout/layout-testkit/content";
import type { ManifestContent } from "@ocilayout/layout-testkit/content";
import { collect, type Registry } from "@ocilayout/oci-types";
import { bytes, temporaryDirectory } from "@ocilayout/testing";

/** The archives that real programs wrote, and archives that are unusual. */
export const fixtures: string = join(import.meta.dirname, "../../layout-core/test/fixtures");

/** The names of the fixtures that are archives. */
export const archiveFixtures: readonly string[] = readdirSync(fixtures).filter((name) =>
  readdirSafely(join(fixtures, name)).includes("layout.tar"),
);

function readdirSafely(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

/** Returns the path of the archive of a fixture. */
export function fixturePath(name: string): string {
  return join(fixtures, name, "layout.tar");
}

/** The members of an archive: files by their content, or other entries. */
export type Members = readonly (readonly [path: string, content: string | Uint8Array] | TarEntryInit)[];

/** Returns an archive with these members. */
export async function tarOf(members: Members): Promise<Buffer> {
  const entries = members.map((member) =>
    "path" in member
      ? member
      : {
          path: member[0],
          content: typeof member[1] === "string" ? bytes(member[1]) : member[1],
        },
  );
  return Buffer.concat(await collect(writeTar(entries)));
}

/** Writes a file for the running test, and returns its path. */
export function fileOf(content: Uint8Array, name = "archive.tar"): string {
  const path = join(temporaryDirectory(), name);
  writeFileSync(path, content);
  return path;
}

/** Writes an archive for the running test, and returns its path. */
export async function archiveOf(members: Members): Promise<string> {
  return fileOf(await tarOf(members));
}

/** Returns the files of a directory as members of an archive, in the order of their paths. */
export function membersOf(directory: string): [string, Buffer][] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => [path.slice(directory.length + 1), readFileSync(path)]);
}

/** Makes a layout with these manifests by their names, `repository:tag`, and returns its directory. */
export async function layoutOf(manifests: Readonly<Record<string, ManifestContent>>): Promise<string> {
  const directory = join(temporaryDirectory(), "layout");
  mkdirSync(directory);
  const registry = await openLayout(directory, { durability: "none" });
  for (const [name, manifest] of Object.entries(manifests)) {
    const colon = name.lastIndexOf(":");
    await pushContent(registry, name.slice(0, colon), manifest, { tags: [name.slice(colon + 1)] });
  }
  await registry.close();
  return directory;
}

/** Everything that a registry has: the tags and the manifests of each repository, and the content of every manifest. */
export async function everythingIn(
  registry: Registry,
): Promise<Record<string, { tags: string[]; manifests: Record<string, string> }>> {
  const found: Record<string, { tags: string[]; manifests: Record<string, string> }> = {};
  for (const repository of await collect(registry.repositories())) {
    const tags = await collect(registry.tags(repository));
    const manifests: Record<string, string> = {};
    const visit = async (digest: string): Promise<void> => {
      if (digest in manifests) return;
      const text = await (await registry.getManifest(repository, digest)).text();
      manifests[digest] = text;
      const document = JSON.parse(text) as { manifests?: { digest: string }[] };
      for (const child of document.manifests ?? []) await visit(child.digest);
      for (const referrer of await collect(registry.referrers(repository, digest)))
        await visit(referrer.digest);
    };
    for (const tag of tags) await visit((await registry.resolveTag(repository, tag)).digest);
    found[repository] = { tags, manifests };
  }
  return found;
}

/** Returns the digests of the blobs that manifests name. */
export function blobsOf(manifests: Readonly<Record<string, string>>): string[] {
  return Object.values(manifests).flatMap((text) => {
    const { config, layers = [] } = JSON.parse(text) as {
      config?: { digest: string };
      layers?: { digest: string }[];
    };
    return [...(config === undefined ? [] : [config]), ...layers].map(({ digest }) => digest);
  });
}
