export { bytes, chunked } from "./bytes.ts";
export { artifact, descriptorOf, digestOf, imageIndex, pushArtifact } from "./content.ts";
export { blobPath, freshLayout, otherFileSystem, temporaryDirectory } from "./directories.ts";
export { harmlessFindings } from "./findings.ts";
export { obstacles } from "./obstacles.ts";
export { probe, type Probe } from "./probe.ts";
export { rejection } from "./rejection.ts";
