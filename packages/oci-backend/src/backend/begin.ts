import type { CallOptions } from "@ocilayout/oci-types";
import { requireSignal } from "@ocilayout/oci-types/authors";

import type { Backend } from "./backend.ts";

/**
 * Begins a call: checks its options, calls `Backend.begin`, and returns the signal.
 *
 * @throws TypeError for options that are not an object, the error of `Backend.begin`, or the reason of an aborted signal.
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
