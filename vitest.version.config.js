import { configure } from "./vitest.config.js";

/** How the names of some deep tests begin that are about processes, signals, sockets or memory. */
const deep = [
  ...["changed-memory", "hostile", "interrupts", "large-blobs", "limits", "lock-processes", "lock-stopped"],
  ...["many-processes", "many-writers", "memory", "other-process", "pipelining", "process", "tls"],
];

/**
 * `.ci/run` runs these tests on another version of Node, with their files on the disk: the fast ones, and some deep ones.
 * `.ci/long` runs all tests of packages and apps there.
 */
export default configure({
  without: [
    `**/!(${deep.join("|")}).deep.test.ts`,
    "**/hostile-{archives,layouts}.deep.test.ts",
    "tools/{interop,checks}/**",
  ],
  more: {},
});
