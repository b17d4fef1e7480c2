import { readFileSync } from "node:fs";
import type { Server } from "node:http";

/** The header with how long the server waited for a core, in milliseconds. */
export const CORE_WAIT = "x-core-wait";

/**
 * How long the main thread of this process has been ready to run and had no core, in milliseconds; 0 if Linux does not say
 * so.
 */
function waitedMs(): number {
  try {
    const [, nanoseconds] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, "utf8").split(" ");
    return Number(nanoseconds) / 1e6;
  } catch {
    return 0;
  }
}

/**
 * Lets each answer of `server` tell how long the server waited for a core meanwhile: that part of a latency is the
 * machine's.
 */
export function tellCoreWait(server: Server): void {
  server.prependListener("request", (_request, response) => {
    const before = waitedMs();
    const writeHead = response.writeHead.bind(response) as (...args: unknown[]) => typeof response;
    Object.assign(response, {
      writeHead: (...args: unknown[]) => {
        response.setHeader(CORE_WAIT, (waitedMs() - before).toFixed(1));
        return writeHead(...args);
      },
    });
  });
}
