import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/** What this process asks the operating system about processes: what tests replace. */
export interface System {
  /** As `process.platform` is. */
  readonly platform: string;
  readonly pid: number;
  host(): string;
  /** Reads a file below `/proc`; throws what the system says. */
  readText(path: string): string;
  /** Reads a link below `/proc`; throws what the system says. */
  readLink(path: string): string;
  /** Whether there is a process `pid`; any doubt means yes. */
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
