import { configure } from "./vitest.config.js";

/**
 * What .ci/run runs on a further version of Node. What is left out does not depend on the version: what mutants are told, what other
 * programs do, errors injected into a disk, processes killed at each step, comparisons with models and with schemas.
 */
export default configure({
  without: [
    "tools/{interop,checks}/**",
    "**/{mutants,kit-mutants,faults,hostile-layouts,killed,lock-model,model,schema-equivalence}.deep.test.ts",
  ],
});
