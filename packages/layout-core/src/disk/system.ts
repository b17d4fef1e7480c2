import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/** The questions of this process to the operating system. Tests replace it. */
export interface System {
  /** The value of `process.platform`. */
  readonly platform: string;
  readonly pid: number;
  host(): string;
  /** Reads a file below `/proc`. Throws the system's error. */
  readText(path: string): string;
  /** Reads a link below `/proc`. Throws the system's error. */
  readLink(path: string): string;
  /** Whether there is a process `pid`. True if in doubt. */
  exists(pid: number): boolean;
}

/** The system that this process runs on. */
export const thisSystem: System = {
  platform: process.platform,
  pid: process.pid,
  host: hostname,
  readText: (path) => readFileSync(path, "utf8"),
  readLink: (path) => readlinkSync(path),
  exists(pid) {
    try {
      process.kill(pid, 0);
      return true;
    } catch (error) {
      return !(error instanceof Error && "code" in error && error.code === "ESRCH");
    }
  },
};
