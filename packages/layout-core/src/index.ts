export { openLayout, type LayoutRegistry } from "./open-layout.ts";
export type { LayoutOptions } from "./options.ts";
export type { EntryName } from "./ref-name.ts";
