import { open } from "node:fs/promises";

import { UsageError } from "./usage.ts";

/** A file that a report goes to. */
export interface ReportFile {
  /** Writes the report, and closes the file; a UsageError where it cannot. */
  write(text: string): Promise<void>;
}

/** Opens the file at once: that it cannot be written must be known before the cases have run. */
export async function openReportFile(path: string): Promise<ReportFile> {
  const refuse = (error: unknown): never => {
    throw new UsageError(
      `${path} cannot be written: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  };
  const handle = await open(path, "w").catch(refuse);
  return {
    write: async (text) => {
      try {
        await handle.writeFile(text);
      } catch (error) {
        refuse(error);
      } finally {
        await handle.close();
      }
    },
  };
}
