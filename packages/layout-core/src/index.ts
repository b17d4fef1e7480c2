export { findLayout, type FoundLayout, type LayoutReference } from "./find-layout.ts";
export type { ManifestListing } from "./lister.ts";
export { openLayout, type LayoutRegistry } from "./open-layout.ts";
export type { LayoutOptions } from "./options.ts";
export type { EntryName } from "./ref-name.ts";
export type { Finding, FindingKind, VerifyOptions } from "./verify.ts";
