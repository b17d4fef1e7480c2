import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";

import type { Streams } from "../output/output.ts";
import { countOf } from "../output/text.ts";
import type { PackedPackage } from "./pack.ts";
import { packPackages } from "./pack.ts";
import { Shell } from "./shell.ts";

/** What the packages are, as artifacts. */
export const packageType: string = "application/vnd.ocilayout.package";

/**
 * Shows the command on real input: packs the packages below `packages`, and takes them through a layout below
 * `directory` and out of it again. Run again, it does the same and the layout stays as it is.
 *
 * @throws Error Where a command fails, or what comes back is not what was packed.
 */
export async function guide(packages: string, directory: string, streams: Streams): Promise<void> {
  const shell = new Shell(streams);
  const [layout, packed, pulled] = ["registry", "packages", "pulled"].map((name) =>
    join(directory, name),
  ) as [string, string, string];
  await rm(packed, { recursive: true, force: true });
  await mkdir(packed, { recursive: true });
  shell.say("This repository's packages, packed as they would be published, go into an OCI Image Layout:");
  const all = await packPackages(packages, packed);
  for (const it of all)
    await shell.ocilayout("push", referenceOf(layout, it), it.path, "--artifact-type", packageType);

  shell.say("\nThe layout can be asked like a registry:");
  await shell.ocilayout("ls", layout);
  for (const it of all.slice(0, 1)) {
    await shell.ocilayout("tags", join(layout, nameOf(it)));
    await shell.ocilayout("show", referenceOf(layout, it));
  }

  shell.say("\nEverything comes back, verified while it is read:");
  for (const it of all) await shell.ocilayout("pull", referenceOf(layout, it), "--output", pulled, "--force");
  for (const it of all) await requireSame(it.path, join(pulled, it.fileName));

  shell.say("\nNothing is damaged, and nothing is left over but what older packages were:");
  await shell.ocilayout("gc", layout, "--grace", "0", "--untagged");
  await shell.ocilayout("verify", layout);

  shell.say(
    `\n${countOf(all.length, "package")} pushed, listed, pulled and compared: each came back byte for byte.`,
  );
  shell.say(`The layout lies in ${layout}. Other tools read it, and other clients where it is served:`);
  for (const it of all.slice(0, 1))
    shell.say(`  skopeo inspect --raw oci:${layout}:${nameOf(it)}:${it.manifest.version}`);
  shell.say(`  node apps/demo/bin/ocilayout.js serve ${layout}`);
}

/** The repository of a package: `@ocilayout/ociref` goes to `ociref`. */
function nameOf({ manifest }: PackedPackage): string {
  return manifest.name.replace(/^@[^/]*\//, "");
}

function referenceOf(layout: string, it: PackedPackage): string {
  return `${join(layout, nameOf(it))}:${it.manifest.version}`;
}

async function requireSame(packed: string, pulled: string): Promise<void> {
  if (!(await readFile(packed)).equals(await readFile(pulled)))
    throw new Error(`${pulled} is not what was pushed`);
}
