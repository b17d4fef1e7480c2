import type { CopySource } from "@ocilayout/oci-image";

/** Returns `source`, and calls `onMissing` for each blob that it cannot open. */
export function watchSource(source: CopySource, onMissing: (digest: string) => void): CopySource {
  return {
    async getBlob(repo, digest, options) {
      try {
        return await source.getBlob(repo, digest, options);
      } catch (error) {
        onMissing(digest);
        throw error;
      }
    },
    getBlobRange: (...args) => source.getBlobRange(...args),
    getManifest: (...args) => source.getManifest(...args),
    getTag: (...args) => source.getTag(...args),
    resolveBlob: (...args) => source.resolveBlob(...args),
    resolveManifest: (...args) => source.resolveManifest(...args),
    resolveTag: (...args) => source.resolveTag(...args),
    referrers: (...args) => source.referrers(...args),
  };
}
