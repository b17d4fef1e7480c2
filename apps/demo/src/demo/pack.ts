import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

/** The members of a `package.json` that the demo uses. */
export interface PackageManifest {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
  readonly private?: boolean | undefined;
  readonly dependencies?: Readonly<Record<string, string>> | undefined;
}

/** A packed package. */
export interface PackedPackage {
  readonly manifest: PackageManifest;
  /** The file name of the tarball. */
  readonly fileName: string;
  /** The path of the tarball. */
  readonly path: string;
}

const run = promisify(execFile);

/**
 * Packs every public package below `packages` into `destination`, exactly as pnpm publishes it: dependencies on siblings
 * become version ranges.
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

/** Reads the manifests of the public packages, in the order of their directories. */
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

/** Returns the command of the pnpm that runs this, or of one that npx downloads. */
function packageManager(): readonly [string, ...string[]] {
  const script = process.env["npm_execpath"] ?? "";
  if (!script.includes("pnpm")) return ["npx", "-y", "pnpm@12.21.0"];
  return /\.[cm]?js$/.test(script) ? [process.execPath, script] : [script];
}
