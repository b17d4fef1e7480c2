import { configure } from "./vitest.config.js";

/**
 * `.ci/run` runs these tests on other versions of Node. The excluded tests do not depend on the version: mutants, other
 * programs, injected disk errors, processes killed at each step, hostile files, and comparisons with models and schemas.
 * `.ci/long` runs those too.
 */
export default configure({
  without: [
    "tools/{interop,checks}/**",
    "**/{mutants,kit-mutants,faults,hostile-layouts,hostile-archives,killed,kill,first-write}.deep.test.ts",
    "**/{lock-model,model,properties,schema-equivalence}.deep.test.ts",
    "packages/oci-image/test/{tar,zstd}/*.deep.test.ts",
  ],
});
