import { isRegistryError, registryErrorCodes } from "@ocilayout/oci-types";

/**
 * Returns the result of a call: a value, or an allowed error. Throws any other error, and an error whose message
 * contains one of `secrets`.
 */
export async function outcome(call: () => unknown, secrets: readonly string[] = []): Promise<unknown> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof Error))
      throw new Error("the call threw a value that is not an Error", { cause: error });
    for (const secret of secrets) {
      if (error.message.includes(secret))
        throw new Error(`the message contains a path: ${error.message}`, { cause: error });
    }
    if (isRegistryError(error)) {
      if (!registryErrorCodes.includes(error.code))
        throw new Error(`unknown error code: ${error.code as string}`, { cause: error });
      if (error.code === "STORAGE_FAILED")
        throw new Error("STORAGE_FAILED, although the storage did not fail", { cause: error });
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
