import { join } from "node:path";

import { layoutNames, RegistryError } from "@ocilayout/oci-types";
import { excerpt } from "@ocilayout/oci-types/authors";
import { isValidRepository, requireRepository } from "@ocilayout/ociref";

/** What a layout's directory holds: a repository of that name would lie inside another one's layout. */
const PARTS_OF_A_LAYOUT: ReadonlySet<string> = new Set(Object.values(layoutNames));

/** What Windows takes for a device, whatever follows a dot. */
const DEVICE = /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)/;

/**
 * The components of a repository's path.
 *
 * @throws `RegistryError` `NAME_INVALID` where the name is none, or cannot be a directory here.
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

/** Whether a directory of that name can be a part of a repository's path. */
export function isComponent(name: string, platform: string = process.platform): boolean {
  return isValidRepository(name) && !name.includes("/") && whyReserved(name, platform) === undefined;
}

/** Where the layout of a repository lies below `directory`. */
export function repositoryDirectory(directory: string, repository: string): string {
  return join(directory, componentsOf(repository).join("/"));
}

function whyReserved(component: string, platform: string): string | undefined {
  if (PARTS_OF_A_LAYOUT.has(component))
    return `a component called ${component} would lie inside another repository's layout`;
  if (platform === "win32" && DEVICE.test(component)) return `Windows takes ${component} for a device`;
  return undefined;
}
