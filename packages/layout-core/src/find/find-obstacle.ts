import { resolve } from "node:path";

import { nodeDisk } from "../disk/disk.ts";
import type { Obstacle } from "../disk/way.ts";
import { obstacleOn } from "../disk/way.ts";

export type { Obstacle } from "../disk/way.ts";

/**
 * Finds the first component of the path from `base` to `directory` that is not a directory: a link, a file or a pipe.
 * It does not look at `base` itself, nor at anything behind the obstacle.
 *
 * @returns `undefined` if every component is a directory, or if one is missing.
 */
export function findObstacle(base: string, directory: string): Obstacle | undefined {
  return obstacleOn(nodeDisk, resolve(base), resolve(directory));
}
