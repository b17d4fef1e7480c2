import { open } from "node:fs/promises";

import { UsageError } from "./usage.ts";

/** A report file. */
export interface ReportFile {
  /**
   * Writes the report and closes the file.
   *
   * @throws UsageError if the file cannot be written.
   */
  write(text: string): Promise<void>;
}

/** Opens the file before the cases run, so that an invalid path is reported at once. */
export async function openReportFile(path: string): Promise<ReportFile> {
  const refuse = (error: unknown): never => {
    throw new UsageError(`cannot write ${path}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
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
