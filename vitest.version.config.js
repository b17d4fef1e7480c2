import { configure } from "./vitest.config.js";

/** How the names of deep tests begin that are about processes, signals, sockets or memory. */
const deep = [
  ...["changed-memory", "hostile-source", "interrupts", "large-blobs", "limits", "lock-processes"],
  ...["many-processes", "memory", "other-process", "pipelining", "process"],
];

/**
 * `.ci/run` runs these tests on another version of Node: the fast ones, and deep ones of what differs most between versions.
 * `.ci/long` runs all of them.
 */
export default configure({ without: [`**/!(${deep.join("|")}).deep.test.ts`, "tools/{interop,checks}/**"] });
