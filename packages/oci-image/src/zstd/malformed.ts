/** Content that a decoder of zstd rejects. */
export class MalformedZstd extends Error {}

/** A frame that needs a larger window than allowed. */
export class ZstdWindowTooLarge extends Error {}
