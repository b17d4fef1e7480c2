/**
 * Bundles the command into dist/command, so that it starts quickly: one file for the start, and one for each verb, which is read
 * when the verb is used. `npm run build` runs this after the compiler.
 */
import { join } from "node:path";

import { build } from "vite";

/** Returns the options of vite that bundle `entry` into `outDir`. */
export function bundleOptions(entry, outDir) {
  return {
    configFile: false,
    logLevel: "warn",
    root: import.meta.dirname,
    ssr: { noExternal: true, resolve: { conditions: ["@ocilayout/source", "node"] } },
    build: {
      ssr: entry,
      outDir,
      emptyOutDir: true,
      target: "node20",
      minify: false,
      reportCompressedSize: false,
      rolldownOptions: {
        output: { entryFileNames: "ocilayout.mjs", chunkFileNames: "[name]-[hash].mjs" },
      },
    },
  };
}

if (process.argv[1] === import.meta.filename)
  await build(
    bundleOptions(join(import.meta.dirname, "src/main.ts"), join(import.meta.dirname, "dist/command")),
  );
