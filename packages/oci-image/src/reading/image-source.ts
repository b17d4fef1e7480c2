import type { RegistryReader } from "@ocilayout/oci-types";

/** The part of a registry that reads images. */
export type ImageSource = Pick<RegistryReader, "getManifest" | "getTag" | "getBlob">;
