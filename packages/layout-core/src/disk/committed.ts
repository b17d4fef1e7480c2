import { isRegistryError, RegistryError } from "@ocilayout/oci-types";

/** Runs what comes after a commit point: where it fails, the error says that the change was made all the same. */
export async function afterCommit<Result>(made: string, run: () => Promise<Result>): Promise<Result> {
  try {
    return await run();
  } catch (cause) {
    throw new RegistryError("STORAGE_FAILED", `${made}, but it may not survive a loss of power`, {
      cause,
      detail: { committed: true },
    });
  }
}

/** Whether `error` says that the change was made all the same. */
export function isCommitted(error: unknown): boolean {
  return isRegistryError(error, "STORAGE_FAILED") && error.detail?.committed === true;
}
