import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";

import type { LayoutRegistry } from "@ocilayout/layout-core";
import { openLayout } from "@ocilayout/layout-core";
import { collect } from "@ocilayout/oci-types";
import { onTestFinished } from "vitest";

/** A directory with an open layout that other programs write to. */
export interface SharedLayout {
  /**
   * The directory in which programs run, so that the path of the layout is `layout`. buildah and podman accept no
   * capitals in it.
   */
  readonly cwd: string;
  readonly registry: LayoutRegistry;
}

/** Opens a missing layout, for the running test. */
export async function shareLayout(defaultRepository?: string): Promise<SharedLayout> {
  const cwd = mkdtempSync(join(tmpdir(), "interop-"));
  const registry = await openLayout(join(cwd, "layout"), { defaultRepository });
  onTestFinished(async () => {
    await registry.close();
    rmSync(cwd, { recursive: true, force: true });
  });
  return { cwd, registry };
}

/** Returns the errors of `verify()`. Warnings, such as unreferenced blobs, are ignored. */
export async function errorsOf(registry: LayoutRegistry): Promise<unknown[]> {
  return (await collect(registry.verify())).filter((finding) => finding.severity === "error");
}

/** Lists the blobs of the layout `name` in `cwd`. */
export function blobsOf(cwd: string, name: string): string[] {
  return readdirSync(join(cwd, name, "blobs/sha256")).sort();
}

/** Reads the blob `digest` of the layout `name` in `cwd`. */
export function blob(cwd: string, name: string, digest: string): Buffer {
  return readFileSync(join(cwd, name, "blobs", ...digest.split(":")));
}

/** Reads `index.json`. */
export function indexText(cwd: string): string {
  return readFileSync(join(cwd, "layout/index.json"), "utf8");
}

/** Returns the files below `directory` with their content. */
export function filesOf(directory: string): Record<string, string> {
  const files = readdirSync(directory, { withFileTypes: true, recursive: true }).filter((entry) =>
    entry.isFile(),
  );
  return Object.fromEntries(
    files
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [relative(directory, path), readFileSync(path, "utf8")]),
  );
}

/** Whether the file is executable. */
export function isExecutable(path: string): boolean {
  return (statSync(path).mode & 0o111) !== 0;
}
