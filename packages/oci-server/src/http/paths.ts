/** Where a blob is pulled from. */
export function blobPath(repository: string, digest: string): string {
  return `/v2/${repository}/blobs/${digest}`;
}

/** Where a manifest is pulled from. */
export function manifestPath(repository: string, reference: string): string {
  return `/v2/${repository}/manifests/${reference}`;
}

/** Where an upload goes on. */
export function uploadPath(repository: string, id: string): string {
  return `/v2/${repository}/blobs/uploads/${encodeURIComponent(id)}`;
}
