import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

/** What is used of a `package.json`. */
export interface PackageManifest {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
  readonly private?: boolean | undefined;
  readonly dependencies?: Readonly<Record<string, string>> | undefined;
}

/** A package as it would be published. */
export interface PackedPackage {
  readonly manifest: PackageManifest;
  /** The name of the tarball. */
  readonly fileName: string;
  /** Where the tarball lies. */
  readonly path: string;
}

const run = promisify(execFile);

/**
 * Packs every package below `packages` that is to be published, into `destination`. What pnpm packs is what it
 * publishes: dependencies on siblings become version ranges.
 */
export async function packPackages(packages: string, destination: string): Promise<PackedPackage[]> {
  const manifests = await readManifests(packages);
  const [command, ...prefix] = packageManager();
  const filters = manifests.flatMap(({ name }) => ["--filter", name]);
  await run(command, [...prefix, "--recursive", ...filters, "pack", "--pack-destination", destination], {
    cwd: packages,
  });
  return manifests.map((manifest) => {
    const fileName = `${manifest.name.replace("@", "").replace("/", "-")}-${manifest.version}.tgz`;
    return { manifest, fileName, path: join(destination, fileName) };
  });
}

/** The manifests of the packages that are to be published, in the order of their directories. */
async function readManifests(packages: string): Promise<PackageManifest[]> {
  const directories = (await readdir(packages, { withFileTypes: true })).filter((entry) =>
    entry.isDirectory(),
  );
  const manifests: PackageManifest[] = [];
  for (const { name } of directories.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const manifest = JSON.parse(
      await readFile(join(packages, name, "package.json"), "utf8"),
    ) as PackageManifest;
    if (manifest.private !== true) manifests.push(manifest);
  }
  return manifests;
}

/** The pnpm that runs this, or one that npm fetches. */
function packageManager(): readonly [string, ...string[]] {
  const script = process.env["npm_execpath"] ?? "";
  if (!script.includes("pnpm")) return ["npx", "-y", "pnpm@12.21.0"];
  return /\.[cm]?js$/.test(script) ? [process.execPath, script] : [script];
}
