import { join } from "node:path";

import { layoutNames, RegistryError } from "@ocilayout/oci-types";
import { excerpt } from "@ocilayout/oci-types/authors";
import { isValidRepository, requireRepository } from "@ocilayout/ociref";

/** The names of a layout's parts. A repository with such a component would be inside another repository's layout. */
const PARTS_OF_A_LAYOUT: ReadonlySet<string> = new Set(Object.values(layoutNames));

/** Names that Windows reserves for devices, with any extension. */
const DEVICE = /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)/;

/**
 * Returns the components of a repository's path.
 *
 * @throws `RegistryError` `NAME_INVALID` if the name is invalid, or cannot be a directory on this platform.
 */
export function componentsOf(repository: string, platform: string = process.platform): string[] {
  const components = requireRepository(repository).split("/");
  const reason = components
    .map((component) => whyReserved(component, platform))
    .find((it) => it !== undefined);
  if (reason === undefined) return components;
  throw new RegistryError("NAME_INVALID", `not a repository name here: ${excerpt(repository)}: ${reason}`, {
    detail: { reason },
  });
}

/** Whether a directory of that name can be a component of a repository's path. */
export function isComponent(name: string, platform: string = process.platform): boolean {
  return isValidRepository(name) && !name.includes("/") && whyReserved(name, platform) === undefined;
}

/** Returns the directory of a repository's layout below `directory`. */
export function repositoryDirectory(directory: string, repository: string): string {
  return join(directory, componentsOf(repository).join("/"));
}

function whyReserved(component: string, platform: string): string | undefined {
  if (PARTS_OF_A_LAYOUT.has(component))
    return `a component called ${component} would lie inside another repository's layout`;
  if (platform === "win32" && DEVICE.test(component)) return `Windows takes ${component} for a device`;
  return undefined;
}
