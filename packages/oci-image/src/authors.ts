export { detectCompression, MAGIC_BYTES, type Compression } from "./decompression/compression.ts";
export { decompress } from "./decompression/decompress.ts";
export { indexTarNow } from "./tar/reading/read-tar.ts";
export { tarHeader } from "./tar/writing/tar-header.ts";
