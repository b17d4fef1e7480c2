import { flag, type Flag, list, type List, text, type Text } from "./spec.ts";

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

/** `--repair`: how a copy checks the target. */
export const repair: Flag = flag(
  "Read and verify what the target has, and replace damaged or missing content from the source",
);

/** `--no-link`: whether blobs may be linked. */
export const noLink: Flag = flag(
  "Read and verify every blob. Otherwise, on one file system, blobs are hard-linked and not read: a damaged blob is damaged in both; verify finds it",
);

/** The options of verbs that connect to a registry. */
export const remoteSpecs: {
  readonly insecure: List;
  readonly "ca-file": Text<undefined>;
  readonly "cert-dir": Text<undefined>;
  readonly "token-server": List;
} = {
  insecure: list("HOST[:PORT]", "Use plain HTTP for the registry at this host and port"),
  "ca-file": text(
    "FILE",
    "Trust the certificates in this file, too, and use TLS also for registries on this machine",
  ),
  "cert-dir": text(
    "DIRECTORY",
    "Trust the *.crt in this directory, too, and use its *.cert and *.key as the certificate of the client; otherwise certs.d/HOST of podman and docker",
  ),
  "token-server": list(
    "HOST",
    "Send the credentials also to this host, if the registry names it as its token server",
  ),
};
