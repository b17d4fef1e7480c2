import type { DigestAlgorithm } from "../basics/digest.ts";
import { RegistryError } from "../basics/errors.ts";

/** A hash being computed. */
export interface Hasher {
  /** Adds bytes; what `chunk` holds afterwards does not matter. */
  update(chunk: Uint8Array): void;
  /** The hash of what was added, in lower-case hexadecimal. Called once, at the end. */
  digest(): string | Promise<string>;
  /** A second hash that goes on from here, where the implementation can do that. */
  copy?(): Hasher;
}

/** Starts a hash: how a place without an incremental hash of its own is given one. */
export type HasherFactory = (algorithm: DigestAlgorithm) => Hasher;

/**
 * The most bytes that are hashed where the platform can only hash all at once (WebCrypto): 64 MiB. Beyond it
 * the call rejects with `UNSUPPORTED`; pass a {@link HasherFactory} to go further.
 */
export const maxOneShotHashBytes: number = 64 * 1024 * 1024;

/** What is used of Node's `crypto` module. */
interface NodeCrypto {
  createHash(algorithm: string): NodeHash;
}

interface NodeHash {
  update(chunk: Uint8Array): unknown;
  digest(encoding: "hex"): string;
  copy(): NodeHash;
}

/** Node's own hash, found without an import, so that a bundle for a browser has none to resolve. */
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
 * Keeps everything and hashes it at the end: all that WebCrypto can do.
 *
 * @param limit - The most bytes it keeps. Default {@link maxOneShotHashBytes}.
 */
export function createOneShotHasher(algorithm: DigestAlgorithm, limit: number = maxOneShotHashBytes): Hasher {
  const chunks: Uint8Array[] = [];
  let size = 0;
  return {
    update(chunk) {
      size += chunk.length;
      if (size > limit) {
        throw new RegistryError("UNSUPPORTED", `cannot hash more than ${limit} bytes here without a hasher`, {
          detail: { limit },
        });
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

/** Starts a hash with the best the platform has: Node's in Node, else `createOneShotHasher`. */
export const createHasher: HasherFactory = (algorithm) =>
  nodeCrypto === undefined ? createOneShotHasher(algorithm) : wrapNodeHash(nodeCrypto.createHash(algorithm));

/** Puts chunks, `size` bytes in all, into one array of its own. */
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
