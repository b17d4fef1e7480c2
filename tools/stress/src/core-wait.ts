import { readFileSync } from "node:fs";
import type { Server } from "node:http";

/** The header with the time that the server waited for a core, in milliseconds. */
export const CORE_WAIT = "x-core-wait";

/**
 * Returns how long the main thread of this process has been runnable without a core, in milliseconds. Returns 0 if
 * Linux does not report it.
 */
export function coreWaitMs(): number {
  try {
    const [, nanoseconds] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, "utf8").split(" ");
    return Number(nanoseconds) / 1e6;
  } catch {
    return 0;
  }
}

/**
 * Adds to each answer of `server` the time that the server waited for a core meanwhile. That part of a latency is due
 * to the machine.
 */
export function tellCoreWait(server: Server): void {
  server.prependListener("request", (_request, response) => {
    const before = coreWaitMs();
    const writeHead = response.writeHead.bind(response) as (...args: unknown[]) => typeof response;
    Object.assign(response, {
      writeHead: (...args: unknown[]) => {
        response.setHeader(CORE_WAIT, (coreWaitMs() - before).toFixed(1));
        return writeHead(...args);
      },
    });
  });
}
