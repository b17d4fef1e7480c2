import type { CallOptions } from "@ocilayout/oci-types";
import { requireSignal } from "@ocilayout/oci-types/authors";

import type { Backend } from "./backend.ts";

/**
 * Begins a call: checks its options, asks the backend whether it takes calls, and returns the signal to use.
 *
 * @throws TypeError for options that are not an object; what `Backend.begin` throws; the reason of an aborted signal.
 */
export function beginCall(
  backend: Pick<Backend, "begin">,
  access: "read" | "write",
  options: CallOptions,
): AbortSignal | undefined {
  const signal = requireSignal(options);
  backend.begin?.(access);
  signal?.throwIfAborted();
  return signal;
}
