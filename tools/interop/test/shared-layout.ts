import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";

import type { LayoutRegistry } from "@ocilayout/layout-core";
import { openLayout } from "@ocilayout/layout-core";
import { collect } from "@ocilayout/oci-types";
import { onTestFinished } from "vitest";

/** A directory with a layout in it that we have open, and that others write to. */
export interface SharedLayout {
  /** Where programs run, so that the layout is called `layout`: buildah and podman want no capitals in its path. */
  readonly cwd: string;
  readonly registry: LayoutRegistry;
}

/** Opens a layout that is not there yet, for the running test. */
export async function shareLayout(defaultRepository?: string): Promise<SharedLayout> {
  const cwd = mkdtempSync(join(tmpdir(), "interop-"));
  const registry = await openLayout(join(cwd, "layout"), { defaultRepository });
  onTestFinished(async () => {
    await registry.close();
    rmSync(cwd, { recursive: true, force: true });
  });
  return { cwd, registry };
}

/** What is wrong with the layout, errors only: what nothing names any more is of no concern. */
export async function errorsOf(registry: LayoutRegistry): Promise<unknown[]> {
  return (await collect(registry.verify())).filter((finding) => finding.severity === "error");
}

/** The names of the blobs of the layout `name` in `cwd`. */
export function blobsOf(cwd: string, name: string): string[] {
  return readdirSync(join(cwd, name, "blobs/sha256")).sort();
}

/** The blob `digest` of the layout `name` in `cwd`. */
export function blob(cwd: string, name: string, digest: string): Buffer {
  return readFileSync(join(cwd, name, "blobs", ...digest.split(":")));
}

/** `index.json` as it stands there. */
export function indexText(cwd: string): string {
  return readFileSync(join(cwd, "layout/index.json"), "utf8");
}

/** The files below `directory` and what is in them. */
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

/** Whether somebody may run the file. */
export function isExecutable(path: string): boolean {
  return (statSync(path).mode & 0o111) !== 0;
}
