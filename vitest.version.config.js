import { configure } from "./vitest.config.js";

/**
 * `.ci/run` runs these tests on other versions of Node. The excluded tests do not depend on the version: mutants, other
 * programs, injected disk errors, processes killed at each step, and comparisons with models and schemas.
 */
export default configure({
  without: [
    "tools/{interop,checks}/**",
    "**/{mutants,kit-mutants,faults,hostile-layouts,killed,lock-model,model,schema-equivalence}.deep.test.ts",
  ],
});
