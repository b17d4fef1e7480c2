/** Returns the path of a blob. */
export function blobPath(repository: string, digest: string): string {
  return `/v2/${repository}/blobs/${digest}`;
}

/** Returns the path of a manifest. */
export function manifestPath(repository: string, reference: string): string {
  return `/v2/${repository}/manifests/${reference}`;
}

/** Returns the path of an upload. */
export function uploadPath(repository: string, id: string): string {
  return `/v2/${repository}/blobs/uploads/${encodeURIComponent(id)}`;
}
