import { resolve } from "node:path";

import { nodeDisk } from "../disk/disk.ts";
import type { Obstacle } from "../disk/way.ts";
import { obstacleOn } from "../disk/way.ts";

export type { Obstacle } from "../disk/way.ts";

/**
 * Finds the first thing on the way from `base` to `directory` that is not a directory: a link, a file, a pipe. It looks at
 * nothing beyond it, and not at `base` itself.
 *
 * @returns `undefined` if there is none, or if something is missing on the way.
 */
export function findObstacle(base: string, directory: string): Obstacle | undefined {
  return obstacleOn(nodeDisk, resolve(base), resolve(directory));
}
