import type { CallOptions, Descriptor, ListOptions, RegistryLister } from "@ocilayout/oci-types";
import { requireString } from "@ocilayout/oci-types/authors";

import type { Awaitable } from "../checks/awaitable.ts";
import { unknownRepository } from "../checks/errors.ts";
import type { Page } from "../checks/page.ts";
import { requirePage } from "../checks/page.ts";
import type { AnyIterable, Backend } from "./backend.ts";
import { beginCall } from "./begin.ts";
import { having } from "../checks/having.ts";
import type { ListCall } from "./calls.ts";
import type { Changes } from "./changes.ts";
import { digestCall, repositoryCall } from "./reading.ts";

/** Creates the listing part of a registry over `backend`. A list does nothing until its first `next()`. */
export function defineLister(backend: Backend, changes: Changes): RegistryLister {
  return {
    tags: (repo, options) =>
      listOf(backend, repo, options, (call) => having(backend, "tags").tags(call), itself),
    async *referrers(repo, digest, options = {}) {
      const { page, signal } = beginList(backend, options);
      const { artifactType } = options;
      if (artifactType !== undefined) requireString(artifactType, "artifactType");
      const call = { ...digestCall(repo, digest, signal), ...page, artifactType };
      const found = await having(changes, "referrers").referrers(call);
      const isAsked = (referrer: Descriptor): boolean =>
        artifactType === undefined || referrer.artifactType === artifactType;
      yield* turn(isSync(found) ? Array.from(found).filter(isAsked) : found, digestOf, page, signal);
    },
    async *repositories(options = {}) {
      const { page, signal } = beginList(backend, options);
      const found = await having(backend, "repositories").repositories({ ...page, signal });
      yield* turn(found, itself, page, signal);
    },
  };
}

/**
 * Lists content of one repository like the calls of a registry do: lazily, with checked options, and cut to a page.
 *
 * @param list - Returns the items like `Backend.tags` does. For `undefined` the list fails with `NAME_UNKNOWN`.
 * @param keyOf - Returns the key of an item, for sorting and for `startAfter`.
 */
export async function* listOf<Item>(
  backend: Backend,
  repo: string,
  options: ListOptions = {},
  list: (call: ListCall) => Awaitable<AnyIterable<Item> | undefined>,
  keyOf: (item: Item) => string,
): AsyncGenerator<Item, void, undefined> {
  const { page, signal } = beginList(backend, options);
  const call = { ...repositoryCall(repo, signal), ...page };
  const items = await list(call);
  if (items === undefined) throw unknownRepository(call.repository);
  yield* turn(items, keyOf, page, signal);
}

/** Checks the options of a list before the store is read. */
function beginList(
  backend: Backend,
  options: ListOptions,
): { readonly page: Page; readonly signal: AbortSignal | undefined } {
  const signal = beginCall(backend, "read", options satisfies CallOptions);
  return { signal, page: requirePage(options) };
}

/** Yields the requested page of `items`, until the signal is aborted. */
async function* turn<Item>(
  items: AnyIterable<Item>,
  keyOf: (item: Item) => string,
  { startAfter, limit = Infinity }: Page,
  signal: AbortSignal | undefined,
): AsyncGenerator<Item, void, undefined> {
  let left = limit;
  if (left === 0) return;
  let last = startAfter;
  for await (const item of isSync(items) ? sorted(items, keyOf) : items) {
    signal?.throwIfAborted();
    const key = keyOf(item);
    // The backend may return items before the page, and duplicates.
    if (last !== undefined && key <= last) continue;
    last = key;
    yield item;
    left -= 1;
    if (left === 0) return;
  }
}

function isSync<Item>(items: AnyIterable<Item>): items is Iterable<Item> {
  return Symbol.iterator in items;
}

function sorted<Item>(items: Iterable<Item>, keyOf: (item: Item) => string): Item[] {
  const byKey = (a: Item, b: Item): number => {
    const [one, other] = [keyOf(a), keyOf(b)];
    return one < other ? -1 : one > other ? 1 : 0;
  };
  return Array.from(items).sort(byKey);
}

function itself(name: string): string {
  return name;
}

function digestOf({ digest }: Descriptor): string {
  return digest;
}
