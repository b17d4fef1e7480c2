import { isRegistryError, registryErrorCodes } from "@ocilayout/oci-types";

/**
 * What came of a call: a value, or an error that is allowed. Anything else is thrown on, and so is a message that holds
 * one of `secrets`.
 */
export async function outcome(call: () => unknown, secrets: readonly string[] = []): Promise<unknown> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof Error)) throw new Error("what was thrown is no error", { cause: error });
    for (const secret of secrets) {
      if (error.message.includes(secret))
        throw new Error(`a message leaks a path: ${error.message}`, { cause: error });
    }
    if (isRegistryError(error)) {
      if (!registryErrorCodes.includes(error.code))
        throw new Error(`no code of ours: ${error.code as string}`, { cause: error });
      if (error.code === "STORAGE_FAILED") throw new Error("the storage did not fail", { cause: error });
      return error;
    }
    const isMistake = error instanceof TypeError || error instanceof RangeError;
    if (
      isMistake &&
      !/Cannot|is not a function|is not iterable|Invalid array length|call stack/.test(error.message)
    )
      return error;
    throw error;
  }
}
