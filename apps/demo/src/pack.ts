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

/** Packs every package below `packages` that is to be published, into `destination`. */
export async function packPackages(packages: string, destination: string): Promise<PackedPackage[]> {
  const directories = (await readdir(packages, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  const packed: PackedPackage[] = [];
  for (const { name } of directories.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const directory = join(packages, name);
    const manifest = JSON.parse(await readFile(join(directory, "package.json"), "utf8")) as PackageManifest;
    if (manifest.private !== true) packed.push(await packPackage(directory, manifest, destination));
  }
  return packed;
}

async function packPackage(directory: string, manifest: PackageManifest, destination: string): Promise<PackedPackage> {
  const fileName = `${manifest.name.replace("@", "").replace("/", "-")}-${manifest.version}.tgz`;
  const [command, ...prefix] = packageManager();
  // What pnpm packs is what it publishes: dependencies on siblings become version ranges.
  await run(command, [...prefix, "pack", "--pack-destination", destination], { cwd: directory });
  return { manifest, fileName, path: join(destination, fileName) };
}

/** The pnpm that runs this, or one that npm fetches. */
function packageManager(): readonly [string, ...string[]] {
  const script = process.env["npm_execpath"] ?? "";
  if (!script.includes("pnpm")) return ["npx", "-y", "pnpm@12.21.0"];
  return /\.[cm]?js$/.test(script) ? [process.execPath, script] : [script];
}
