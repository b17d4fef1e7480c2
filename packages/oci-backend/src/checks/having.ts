import { RegistryError } from "@ocilayout/oci-types";

/**
 * Returns `target`, which has the method `name`.
 *
 * @param operation - The name of the call in the message.
 * @throws `RegistryError` `UNSUPPORTED` if the method is missing.
 */
export function having<Target extends object, Name extends keyof Target & string>(
  target: Target,
  name: Name,
  operation: string = name,
): Required<Pick<Target, Name>> {
  if (target[name] !== undefined) return target as Required<Pick<Target, Name>>;
  throw new RegistryError("UNSUPPORTED", `this registry does not support ${operation}`);
}
