import { RegistryError } from "@ocilayout/oci-types";

/**
 * Returns `target`, known to have the method `name`.
 *
 * @param operation - What the caller called, for the message.
 * @throws `RegistryError` `UNSUPPORTED` if it does not have it.
 */
export function having<Target extends object, Name extends keyof Target & string>(
  target: Target,
  name: Name,
  operation: string = name,
): Required<Pick<Target, Name>> {
  if (target[name] !== undefined) return target as Required<Pick<Target, Name>>;
  throw new RegistryError("UNSUPPORTED", `this registry does not support ${operation}`);
}
