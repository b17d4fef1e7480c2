import type { InlineConfig } from "vite";

export function bundleOptions(entry: string, outDir: string): InlineConfig;
