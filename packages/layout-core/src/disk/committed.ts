import { isRegistryError, RegistryError } from "@ocilayout/oci-types";

/** Runs a step after a commit point. If it fails, the error states that the change was committed. */
export async function afterCommit<Result>(made: string, run: () => Promise<Result>): Promise<Result> {
  try {
    return await run();
  } catch (cause) {
    throw new RegistryError("STORAGE_FAILED", `${made}, but may not survive a power failure`, {
      cause,
      detail: { committed: true },
    });
  }
}

/** Whether `error` states that the change was committed. */
export function isCommitted(error: unknown): boolean {
  return isRegistryError(error, "STORAGE_FAILED") && error.detail?.committed === true;
}
