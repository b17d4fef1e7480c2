import { flag, type Flag, text, type Text } from "./spec.ts";

/** `--platform`: which image of an index. */
export const platform: Text<undefined> = text(
  "OS/ARCHITECTURE",
  "The image for this platform, such as linux/arm64, instead of the index",
);

/** `--platform` of verbs that need one image. */
export const imagePlatform: Text<undefined> = text(
  "OS/ARCHITECTURE",
  "The image for this platform, such as linux/arm64; otherwise that of this machine, or of Linux",
);

/** `--blob`: the digest is that of a blob. */
export const blob: Flag = flag("The digest is that of a blob, not of a manifest");
