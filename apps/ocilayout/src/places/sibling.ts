import { resolve } from "node:path";

import { isValidDigest, isValidTag, parseHostlessReference } from "@ocilayout/ociref";

import { UsageError } from "../errors/usage-error.ts";
import type { PlaceOptions } from "../parsing/place-options.ts";
import { findPlace } from "./find-place.ts";
import type { OpenTarget, Target } from "./target.ts";

/**
 * Returns the tag or digest that a text means in the repository of a target: `v1`, `sha256:…`, `@sha256:…`, the place
 * `images/app:v1` or, without a place of that name, `app:v1`.
 *
 * @returns `undefined` if the text does not mean that repository.
 */
export async function referenceWithin(
  text: string,
  target: OpenTarget,
  places: PlaceOptions,
): Promise<string | undefined> {
  const bare = /^[@:]/.test(text) ? text.slice(1) : text;
  const isTag: boolean = isValidTag(bare) && !bare.includes(".tar");
  // The name app:v1 has the form of a digest, too.
  const isDigest: boolean = (text.startsWith("@") || /^sha\d+:/.test(bare)) && isValidDigest(bare);
  if (isTag || isDigest) return bare;
  const found = await findPlace(text, places, { purpose: "read", isWhole: false }).catch(() => undefined);
  if (found !== undefined && isSame(found, target)) return found.digest ?? found.tag;
  if (found?.exists === true) return undefined;
  const named = parsed(text);
  return named?.repository === target.repository ? (named.digest ?? named.tag) : undefined;
}

/**
 * Returns the tag or digest that the value of an option means in the repository of a target.
 *
 * @throws {@link UsageError} If it means another repository.
 */
export async function requireWithin(
  text: string,
  option: string,
  { target, places }: { readonly target: OpenTarget; readonly places: PlaceOptions },
): Promise<string> {
  const reference = await referenceWithin(text, target, places);
  if (reference !== undefined) return reference;
  const { tag, digest } = parsed(text) ?? {};
  throw new UsageError(
    `${option} takes a tag or digest in ${target.repository}, without the repository: ${option} ${digest ?? tag ?? "TAG"}`,
  );
}

function isSame(found: Target, { kind, directory, repository }: OpenTarget): boolean {
  const isThere =
    kind === "remote" ? found.directory === directory : resolve(found.directory) === resolve(directory);
  return found.kind === kind && isThere && found.repository === repository;
}

function parsed(text: string): ReturnType<typeof parseHostlessReference> | undefined {
  try {
    return parseHostlessReference(text);
  } catch {
    return undefined;
  }
}
