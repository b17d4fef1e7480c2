/** The objects whose chunks are unshared. No member of an object can claim it, so data from outside cannot. */
const unshared: WeakSet<object> = new WeakSet();

/**
 * Records that the chunks of `source` are unshared: only the source can write to their memory, and it does not before its
 * next chunk is requested. A consumer that asks for the next chunk only when it is done needs no copy of such a chunk.
 *
 * @param source - A source of content, a reader, or the content of a backend.
 * @returns `source`.
 */
export function markUnshared<Source extends object>(source: Source): Source {
  unshared.add(source);
  return source;
}

/** Whether the chunks of `source` are unshared: see {@link markUnshared}. False for a source of another installed copy. */
export function isUnshared(source: object): boolean {
  return unshared.has(source);
}

/**
 * Records that the chunks of `wrapper` are unshared if those of `source` are. The wrapper must pass each chunk on as it is,
 * and let no other code keep it.
 *
 * @returns `wrapper`.
 */
export function passUnshared<Wrapper extends object>(source: object, wrapper: Wrapper): Wrapper {
  return isUnshared(source) ? markUnshared(wrapper) : wrapper;
}
