import type { DigestAlgorithm } from "../basics/digest.ts";
import { RegistryError } from "../basics/errors.ts";

/** An incremental hash. */
export interface Hasher {
  /** Adds bytes. The caller may change `chunk` afterwards. */
  update(chunk: Uint8Array): void;
  /** Returns the hash of all bytes, in lower-case hexadecimal. Called once, at the end. */
  digest(): string | Promise<string>;
  /** Returns an independent copy of the current state. Optional. */
  copy?(): Hasher;
}

/** Creates a hash. Pass one on a platform that has no incremental hash. */
export type HasherFactory = (algorithm: DigestAlgorithm) => Hasher;

/**
 * The maximum size that is hashed with WebCrypto, which needs all bytes in memory: 64 MiB. Larger content fails with
 * `UNSUPPORTED`, unless the caller passes a {@link HasherFactory}.
 */
export const maxOneShotHashBytes: number = 64 * 1024 * 1024;

/** The part of Node's `crypto` module that this file uses. */
interface NodeCrypto {
  createHash(algorithm: string): NodeHash;
}

interface NodeHash {
  update(chunk: Uint8Array): unknown;
  digest(encoding: "hex"): string;
  copy(): NodeHash;
}

/** Returns Node's `crypto` module. It is not imported, so a bundler for browsers does not try to resolve it. */
function findNodeCrypto(): NodeCrypto | undefined {
  const { process } = globalThis as { process?: { getBuiltinModule?: (id: string) => unknown } };
  return process?.getBuiltinModule?.("crypto") as NodeCrypto | undefined;
}

const nodeCrypto = findNodeCrypto();

function wrapNodeHash(hash: NodeHash): Hasher {
  return {
    update: (chunk) => void hash.update(chunk),
    digest: () => hash.digest("hex"),
    copy: () => wrapNodeHash(hash.copy()),
  };
}

/**
 * Creates a hash that keeps all bytes and hashes them at the end, because WebCrypto has no incremental hash.
 *
 * @param limit - The maximum number of bytes. Defaults to {@link maxOneShotHashBytes}.
 */
export function createOneShotHasher(algorithm: DigestAlgorithm, limit: number = maxOneShotHashBytes): Hasher {
  const chunks: Uint8Array[] = [];
  let size = 0;
  return {
    update(chunk) {
      size += chunk.length;
      if (size > limit) {
        throw new RegistryError(
          "UNSUPPORTED",
          `cannot hash more than ${limit} bytes with WebCrypto: pass createHasher`,
          { detail: { limit } },
        );
      }
      chunks.push(chunk.slice());
    },
    async digest() {
      const content = concatBytes(chunks, size);
      const name = algorithm === "sha256" ? "SHA-256" : "SHA-512";
      return toHex(new Uint8Array(await crypto.subtle.digest(name, content)));
    },
  };
}

/** Creates a hash: Node's own in Node, or else one that uses WebCrypto. */
export const createHasher: HasherFactory = (algorithm) =>
  nodeCrypto === undefined ? createOneShotHasher(algorithm) : wrapNodeHash(nodeCrypto.createHash(algorithm));

/** Copies chunks with `size` bytes in total into a new array. */
export function concatBytes(chunks: readonly Uint8Array[], size: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  return whole;
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
