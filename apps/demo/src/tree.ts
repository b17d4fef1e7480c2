import type { ReadTag } from "./read-back.ts";

/** The lines of a tree: repositories, their tags, what each consists of. */
export function* drawTree(tags: readonly ReadTag[]): Generator<string, void, undefined> {
  const repositories = [...new Set(tags.map(({ repository }) => repository))];
  for (const [place, repository] of repositories.entries()) {
    const isLast = place === repositories.length - 1;
    yield `${isLast ? "└─" : "├─"} ${repository}`;
    const own = tags.filter((tag) => tag.repository === repository);
    for (const line of drawTags(own)) yield `${isLast ? "  " : "│ "} ${line}`;
  }
}

function* drawTags(tags: readonly ReadTag[]): Generator<string, void, undefined> {
  for (const [place, { tag, manifest, artifactType, parts }] of tags.entries()) {
    const isLast = place === tags.length - 1;
    yield `${isLast ? "└─" : "├─"} ${tag}  ${shorten(manifest.digest)}  ${formatSize(manifest.size)}  ${artifactType}`;
    for (const [index, { name, descriptor }] of parts.entries()) {
      const branch = index === parts.length - 1 ? "└─" : "├─";
      yield `${isLast ? "  " : "│ "} ${branch} ${shorten(descriptor.digest)}  ${formatSize(descriptor.size)}  ${name}`;
    }
  }
}

/** A digest, cut to what tells it from others. */
export function shorten(digest: string): string {
  return digest.slice(0, digest.indexOf(":") + 13);
}

/** A size in bytes, with the unit that keeps it short. */
export function formatSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${(bytes / 1000).toFixed(1)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
