/** What each package may import of its siblings. */
export declare const layers: Readonly<Record<string, readonly string[]>>;
/** Packages that run in a browser. */
export declare const browserSafe: readonly string[];
