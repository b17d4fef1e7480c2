import type { Descriptor, RegistryError } from "@ocilayout/oci-types";
import { isRegistryError, manifestKind } from "@ocilayout/oci-types";
import { cloneJson } from "@ocilayout/oci-types/authors";

import type { Place } from "../place/place.ts";
import { requirePlace } from "../place/place.ts";
import type { ManifestContent, ManifestSource, ReadManifestOptions } from "./read-manifest.ts";
import { readChild, readManifest, requireReading } from "./read-manifest.ts";

/** Options of {@link walkManifest}. A manifest that is larger than `maxManifestBytes` counts as damaged. */
export interface WalkOptions extends ReadManifestOptions {
  /**
   * - `"parents-first"`, the default: an index before its manifests, a manifest before its config and layers.
   * - `"children-first"`: everything that a manifest consists of before the manifest, as a registry needs it pushed.
   */
  readonly order?: "parents-first" | "children-first" | undefined;
}

/** One step of a walk: a manifest, a config, a layer or other content. */
export interface WalkStep {
  /** The descriptor of the content: from the registry for the root, from the parent otherwise. */
  readonly descriptor: Descriptor;
  /** The role of the content in its parent. `"other"` is content with an unknown media type, in an index or as the root. */
  readonly role: "index" | "image" | "config" | "layer" | "other";
  /** The distance from the root, which has depth 0. */
  readonly depth: number;
  /** The digest of the parent. Absent for the root. */
  readonly parent?: string | undefined;
  /**
   * - `"read"`: a manifest that was read and verified.
   * - `"listed"`: content that a walk does not read.
   * - `"repeated"`: a manifest that an earlier step has read.
   * - `"missing"`, `"damaged"`: a manifest that cannot be read.
   */
  readonly state: "read" | "listed" | "repeated" | "missing" | "damaged";
  /** The manifest, if `state` is `"read"`. */
  readonly manifest?: ManifestContent | undefined;
  /** The reason, if `state` is `"missing"` or `"damaged"`. */
  readonly error?: RegistryError | undefined;
}

type Waiting = Pick<WalkStep, "descriptor" | "role" | "depth" | "parent">;

/** A task of a walk: a part to visit, or a step to yield after its parts. */
type Task = { readonly visit: Waiting } | { readonly yield: WalkStep };

/** The result of a manifest that cannot be read. An index may list it thousands of times. */
type Unreadable = Required<Pick<WalkStep, "state" | "error">>;

/** The codes of a manifest that exists and cannot be read. */
const DAMAGED = ["MANIFEST_INVALID", "CONTENT_CORRUPT", "DIGEST_INVALID", "SIZE_INVALID"] as const;

/**
 * Walks everything that a manifest consists of, depth first and in the order of the documents.
 *
 * - Each manifest is read once, also if it is damaged. Configs and layers are listed once for each manifest that has them.
 * - A missing or damaged manifest is a step, and does not end the walk.
 * - A `subject` is not part of a manifest, so it is not walked.
 * - Every manifest is verified against its digest, even if the registry does not verify it. So a walk ends, even over
 *   forged documents.
 * - Memory is needed for the digests of the manifests so far, and for the parts that are still to come. A walk that is
 *   `"children-first"` also keeps the manifests on the way to the current step.
 *
 * @throws `RegistryError` at the first `next()` if the root cannot be read. Later for failures of the registry itself, such
 * as `STORAGE_FAILED`.
 */
export async function* walkManifest(
  at: Place<ManifestSource>,
  options: WalkOptions = {},
): AsyncGenerator<WalkStep, void, undefined> {
  const place = requirePlace(at);
  const reading = requireReading(options);
  const { signal } = reading;
  const isChildrenFirst = requireOrder(options.order) === "children-first";
  const root = await readManifest(place, reading);
  const seen: Set<string> = new Set();
  const unreadable: Map<string, Unreadable> = new Map();
  const tasks: Task[] = [];
  const open = (step: WalkStep): WalkStep | undefined => {
    if (step.manifest === undefined) return step;
    seen.add(step.descriptor.digest);
    if (isChildrenFirst) tasks.push({ yield: step });
    for (const part of partsOf(step, step.manifest).reverse()) tasks.push({ visit: part });
    return isChildrenFirst ? undefined : step;
  };
  const first = open({
    descriptor: root.descriptor,
    role: roleOf(root.descriptor),
    depth: 0,
    state: "read",
    manifest: root,
  });
  if (first !== undefined) yield first;
  for (let task = tasks.pop(); task !== undefined; task = tasks.pop()) {
    signal?.throwIfAborted();
    if ("yield" in task) {
      yield task.yield;
      continue;
    }
    const part = task.visit;
    const key = `${part.descriptor.mediaType} ${part.descriptor.digest}`;
    const known = unreadable.get(key);
    const step = known === undefined ? await visit(place, part, seen, reading) : { ...part, ...known };
    if (step.error !== undefined) unreadable.set(key, { state: step.state, error: step.error });
    const ready = open(step);
    if (ready !== undefined) yield ready;
  }
}

async function visit(
  place: Place<ManifestSource>,
  part: Waiting,
  seen: ReadonlySet<string>,
  options: ReadManifestOptions,
): Promise<WalkStep> {
  const { digest } = part.descriptor;
  if (part.role !== "index" && part.role !== "image") return { ...part, state: "listed" };
  if (seen.has(digest)) return { ...part, state: "repeated" };
  try {
    const manifest = await readChild(place, part.descriptor, options);
    return { ...part, state: "read", manifest };
  } catch (error) {
    if (isRegistryError(error, "MANIFEST_UNKNOWN", "BLOB_UNKNOWN"))
      return { ...part, state: "missing", error };
    if (isRegistryError(error, ...DAMAGED)) return { ...part, state: "damaged", error };
    throw error;
  }
}

/** Returns the parts of a manifest, in the order of the document. */
function partsOf({ descriptor, depth }: Waiting, manifest: ManifestContent): Waiting[] {
  const parts: Waiting[] = [];
  const add = (part: Descriptor, role: WalkStep["role"]): void => {
    // The caller gets the manifest and may change it. A copy keeps the walk unaffected.
    parts.push({ descriptor: cloneJson(part), role, depth: depth + 1, parent: descriptor.digest });
  };
  if (manifest.kind === "index") for (const child of manifest.document.manifests) add(child, roleOf(child));
  if (manifest.kind === "image") {
    add(manifest.document.config, "config");
    for (const layer of manifest.document.layers) add(layer, "layer");
  }
  return parts;
}

function roleOf({ mediaType }: Descriptor): WalkStep["role"] {
  const kind = manifestKind(mediaType);
  return kind === "opaque" ? "other" : kind;
}

function requireOrder(order: WalkOptions["order"]): WalkOptions["order"] {
  const orders: readonly unknown[] = ["parents-first", "children-first", undefined];
  if (orders.includes(order)) return order;
  throw new TypeError(`order must be "parents-first" or "children-first", not ${String(order)}`);
}
