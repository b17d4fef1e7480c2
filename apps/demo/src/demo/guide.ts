import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";

import type { Streams } from "ocilayout";
import type { PackedPackage } from "./pack.ts";
import { packPackages } from "./pack.ts";
import { Shell } from "./shell.ts";

/** The artifact type of the packages. */
export const packageType: string = "application/vnd.ocilayout.package";

/**
 * Shows the command on real input: packs the packages below `packages`, pushes them to a layout below `directory`, and
 * pulls them again. A second run prints the same and does not change the layout.
 *
 * @throws Error If a command fails, or a pulled package differs from the packed one.
 */
export async function guide(packages: string, directory: string, streams: Streams): Promise<void> {
  const shell = new Shell(streams);
  const [layout, packed, pulled] = ["registry", "packages", "pulled"].map((name) =>
    join(directory, name),
  ) as [string, string, string];
  await rm(packed, { recursive: true, force: true });
  await mkdir(packed, { recursive: true });
  shell.say("Push this repository's packages, packed as for publishing, to an OCI Image Layout:");
  const all = await packPackages(packages, packed);
  for (const it of all)
    await shell.ocilayout("push", referenceOf(layout, it), it.path, "--artifact-type", packageType);

  shell.say("\nList and inspect the layout like a registry:");
  await shell.ocilayout("ls", layout);
  for (const it of all.slice(0, 1)) {
    await shell.ocilayout("tags", join(layout, nameOf(it)));
    await shell.ocilayout("show", referenceOf(layout, it));
  }

  shell.say("\nPull everything again, verified while it is read:");
  for (const it of all) await shell.ocilayout("pull", referenceOf(layout, it), "--output", pulled, "--force");
  for (const it of all) await requireSame(it.path, join(pulled, it.fileName));

  shell.say("\nRemove what no tag reaches, such as older packages, and verify the layout:");
  await shell.ocilayout("gc", layout, "--grace", "0", "--untagged");
  await shell.ocilayout("verify", layout);

  shell.say(`\nPushed, listed and pulled ${all.length} packages: each has the same bytes as before.`);
  shell.say(`The layout is in ${layout}. Other tools can read it, and clients can if you serve it:`);
  for (const it of all.slice(0, 1))
    shell.say(`  skopeo inspect --raw oci:${layout}:${nameOf(it)}:${it.manifest.version}`);
  shell.say(`  node apps/ocilayout/bin/ocilayout.js serve ${layout}`);
}

/** Returns the repository of a package: `ociref` for `@ocilayout/ociref`. */
function nameOf({ manifest }: PackedPackage): string {
  return manifest.name.replace(/^@[^/]*\//, "");
}

function referenceOf(layout: string, it: PackedPackage): string {
  return `${join(layout, nameOf(it))}:${it.manifest.version}`;
}

async function requireSame(packed: string, pulled: string): Promise<void> {
  if (!(await readFile(packed)).equals(await readFile(pulled)))
    throw new Error(`${pulled} differs from the pushed file`);
}
