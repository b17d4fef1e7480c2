/** The packages that each package may import. */
export declare const layers: Readonly<Record<string, readonly string[]>>;
/** The packages that run in a browser. */
export declare const browserSafe: readonly string[];
