import type { LayoutOptions, LayoutStore } from "@ocilayout/layout-core";
import { openLayout } from "@ocilayout/layout-core";
import { RegistryError } from "@ocilayout/oci-types";
import { excerpt } from "@ocilayout/oci-types/authors";

import { UsageError } from "../errors/usage-error.ts";
import type { Output } from "../output/output.ts";
import { printable } from "../output/text.ts";
import type { PlaceOptions } from "../parsing/place-options.ts";
import { archiveIsFixed, openArchivePlace } from "./archive.ts";
import { findPlace } from "./find-place.ts";
import { isFree, noLayout } from "./locate.ts";
import { openRemotePlace } from "./remote.ts";
import {
  DEFAULT_REPOSITORY,
  type OpenRegistry,
  type OpenTarget,
  type Purpose,
  type Target,
} from "./target.ts";
import { clarified } from "./unknown.ts";

/** How a place is opened. */
export interface OpenPlaceOptions {
  readonly purpose: Purpose;
  readonly signal: AbortSignal;
  /** Receives the warnings of registries. */
  readonly output?: Pick<Output, "note"> | undefined;
  /** Options for a layout or a directory of layouts. */
  readonly layout?: LayoutOptions | undefined;
}

/** Opens the place that a text means, runs `use`, and closes it. */
export async function withPlace<Result>(
  path: string,
  places: PlaceOptions,
  options: OpenPlaceOptions,
  use: (target: OpenTarget) => Promise<Result>,
): Promise<Result> {
  return withTarget(await findPlace(path, places, { ...options, isWhole: false }), places, options, use);
}

/** Opens several places, runs `use`, and closes them. */
export async function withPlaces<Result>(
  paths: readonly string[],
  places: PlaceOptions,
  options: OpenPlaceOptions,
  use: (targets: readonly OpenTarget[]) => Promise<Result>,
): Promise<Result> {
  const opened: OpenTarget[] = [];
  try {
    for (const path of paths) {
      const target = await findPlace(path, places, { ...options, isWhole: false });
      opened.push(completed(target, await openTarget(target, places, options), places));
    }
    return await use(opened);
  } catch (error) {
    throw await clarified(error, opened);
  } finally {
    for (const { registry } of opened) await registry.close();
  }
}

function completed(target: Target, registry: OpenRegistry, { defaultRepository }: PlaceOptions): OpenTarget {
  const repository = target.repository ?? defaultRepository ?? DEFAULT_REPOSITORY;
  const isWhole = (target.repository ?? target.tag ?? target.digest) === undefined;
  return { ...target, registry, repository, isBare: target.repository === undefined, isWhole };
}

/** Opens a target, runs `use`, and closes it. */
export async function withTarget<Result>(
  target: Target,
  places: PlaceOptions,
  options: OpenPlaceOptions,
  use: (target: OpenTarget) => Promise<Result>,
): Promise<Result> {
  const registry = await openTarget(target, places, options);
  const opened = completed(target, registry, places);
  try {
    return await use(opened);
  } catch (error) {
    // The target of a copy lacks the tag, too, but the error is about the source.
    throw options.purpose === "create" ? error : await clarified(error, [opened]);
  } finally {
    await registry.close();
  }
}

/** Opens the whole layout, archive or registry that a text means. Runs `use`, and closes it. */
export async function withWhole<Result>(
  path: string,
  places: PlaceOptions,
  options: OpenPlaceOptions,
  use: (target: OpenTarget) => Promise<Result>,
): Promise<Result> {
  const found = await findPlace(path, places, { ...options, isWhole: true });
  // The path of a new layout contains no reference.
  const isNew = found.kind === "layout" && !found.exists && options.purpose === "create";
  const target: Target = isNew ? { kind: "layout", path, directory: path, exists: false } : found;
  if (target.exists && (target.repository ?? target.tag ?? target.digest) !== undefined) {
    throw new UsageError(`${excerpt(path)} is not a whole layout: leave out the repository, tag or digest`);
  }
  return withTarget(target, places, options, use);
}

/** Opens the whole layout, or directory of layouts, that a text means. Runs `use`, and closes it. */
export async function withLayout<Result>(
  path: string,
  places: PlaceOptions,
  options: OpenPlaceOptions,
  use: (registry: LayoutStore) => Promise<Result>,
): Promise<Result> {
  return withWhole(path, places, options, async ({ registry, kind }) => {
    if (isLayoutStore(registry)) return use(registry);
    const what = kind === "archive" ? "an archive" : "a registry";
    throw new RegistryError("UNSUPPORTED", `${excerpt(path)} is ${what}: this needs a layout`);
  });
}

function isLayoutStore(registry: OpenRegistry): registry is LayoutStore {
  return "gc" in registry && "verify" in registry;
}

/** Opens the registry of a target. */
export async function openTarget(
  target: Target,
  places: PlaceOptions,
  options: OpenPlaceOptions,
): Promise<OpenRegistry> {
  const { purpose, output } = options;
  await requireThere(target, purpose);
  if (target.kind === "archive") {
    if (purpose !== "read") throw archiveIsFixed(target);
    return openArchivePlace(target, places, options);
  }
  if (target.kind === "remote") {
    const onWarning = (text: string): void => void output?.note(`ocilayout: ${printable(text)}`);
    return openRemotePlace(target.directory, places, { purpose, signal: options.signal, onWarning });
  }
  const { defaultRepository = DEFAULT_REPOSITORY, followLinks, sharedBlobDir } = places;
  const common = { ...options.layout, readOnly: purpose === "read", followSymlinks: followLinks };
  if (target.kind === "layout")
    return openLayout(target.directory, { ...common, defaultRepository, blobDirectory: sharedBlobDir });
  const { openPerRepository } = await import("@ocilayout/layout-per-repo");
  return openPerRepository(target.directory, common);
}

async function requireThere(target: Target, purpose: Purpose): Promise<void> {
  if (target.exists) return;
  if (purpose !== "create") throw noLayout(target);
  // A layout must not be mixed with other files. In a directory of layouts, each has a directory of its own.
  if (target.kind === "tree" || (await isFree(target.directory))) return;
  throw new RegistryError(
    "NAME_UNKNOWN",
    `cannot create a layout at ${excerpt(target.path)}: ${excerpt(target.directory)} is not empty; ` +
      `use DIRECTORY/${DEFAULT_REPOSITORY}:TAG with a new DIRECTORY`,
  );
}
