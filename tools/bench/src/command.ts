import { execFileSync } from "node:child_process";
import { join } from "node:path";

import { manifest, writeLayout } from "./content.ts";
import type { Benchmark } from "./measure.ts";
import { leastInTurn } from "./measure.ts";

const COMMAND = join(import.meta.dirname, "../../../apps/ocilayout/bin/ocilayout.js");
/** The longest that the command takes beside the start of Node, in milliseconds. */
const MOST_MS = 60;

/** Benchmarks of the command. */
export const commandBenchmarks: readonly Benchmark[] = [
  {
    name: "command: ls of a small layout",
    limit: `node -e 0, and ${MOST_MS} ms`,
    most: 1,
    run: async (directory) => {
      writeLayout(directory, 3, (number) => manifest(`image ${number}`));
      const node = (...args: readonly string[]) => {
        execFileSync(process.execPath, args, { stdio: ["ignore", "ignore", "inherit"] });
      };
      const [ours, start] = await leastInTurn(21, [
        () => {
          node(COMMAND, "ls", directory);
        },
        () => {
          node("-e", "0");
        },
      ]);
      return { ours, limit: start + MOST_MS };
    },
  },
];
