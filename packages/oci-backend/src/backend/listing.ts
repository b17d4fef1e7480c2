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

/** The items of a list, the page that was asked for, and the signal that ends the list. */
interface Opened<Item> {
  readonly items: AnyIterable<Item>;
  readonly page: Page;
  readonly signal: AbortSignal | undefined;
}

/** Creates the listing part of a registry over `backend`. A list does nothing until its first `next()`. */
export function defineLister(backend: Backend, changes: Changes): RegistryLister {
  return {
    tags: (repo, options) =>
      listOf(backend, repo, options, (call) => having(backend, "tags").tags(call), itself),
    referrers: (repo, digest, options = {}) =>
      paged(digestOf, async () => {
        const { page, signal } = beginList(backend, options);
        const { artifactType } = options;
        if (artifactType !== undefined) requireString(artifactType, "artifactType");
        const call = { ...digestCall(repo, digest, signal), ...page, artifactType };
        const found = await having(changes, "referrers").referrers(call);
        const isAsked = (referrer: Descriptor): boolean =>
          artifactType === undefined || referrer.artifactType === artifactType;
        return { items: isSync(found) ? Array.from(found).filter(isAsked) : found, page, signal };
      }),
    repositories: (options = {}) =>
      paged(itself, async () => {
        const { page, signal } = beginList(backend, options);
        return {
          items: await having(backend, "repositories").repositories({ ...page, signal }),
          page,
          signal,
        };
      }),
  };
}

/**
 * Lists content of one repository like the calls of a registry do: lazily, with checked options, and cut to a page.
 *
 * @param list - Returns the items like `Backend.tags` does. For `undefined` the list fails with `NAME_UNKNOWN`.
 * @param keyOf - Returns the key of an item, for sorting and for `startAfter`.
 */
export function listOf<Item>(
  backend: Backend,
  repo: string,
  options: ListOptions = {},
  list: (call: ListCall) => Awaitable<AnyIterable<Item> | undefined>,
  keyOf: (item: Item) => string,
): AsyncGenerator<Item, void, undefined> {
  return paged(keyOf, async () => {
    const { page, signal } = beginList(backend, options);
    const call = { ...repositoryCall(repo, signal), ...page };
    const items = await list(call);
    if (items === undefined) throw unknownRepository(call.repository);
    return { items, page, signal };
  });
}

/** Checks the options of a list before the store is read. */
function beginList(
  backend: Backend,
  options: ListOptions,
): { readonly page: Page; readonly signal: AbortSignal | undefined } {
  const signal = beginCall(backend, "read", options satisfies CallOptions);
  return { signal, page: requirePage(options) };
}

/**
 * Yields the requested page of a list, until its signal is aborted. Calls `open` at the first `next()`. It passes items on in
 * one step, because each further generator would make a list of many tags take twice as long.
 */
async function* paged<Item>(
  keyOf: (item: Item) => string,
  open: () => Promise<Opened<Item>>,
): AsyncGenerator<Item, void, undefined> {
  const { items, page, signal } = await open();
  let left = page.limit ?? Infinity;
  if (left === 0) return;
  let last = page.startAfter;
  /** The backend may return items before the page, and duplicates. */
  const isNext = (item: Item): boolean => {
    signal?.throwIfAborted();
    const key = keyOf(item);
    if (last !== undefined && key <= last) return false;
    last = key;
    left -= 1;
    return true;
  };
  if (isSync(items))
    for (const item of sorted(items, keyOf)) {
      if (isNext(item)) yield item;
      if (left === 0) return;
    }
  else
    for await (const item of items) {
      if (isNext(item)) yield item;
      if (left === 0) return;
    }
}

function isSync<Item>(items: AnyIterable<Item>): items is Iterable<Item> {
  return Symbol.iterator in items;
}

/** Returns the items in the order of their keys. Most backends keep them in order, so that is checked first. */
function sorted<Item>(items: Iterable<Item>, keyOf: (item: Item) => string): Item[] {
  const compare = (one: Item, other: Item): number => {
    const key = keyOf(one);
    const otherKey = keyOf(other);
    return key < otherKey ? -1 : key > otherKey ? 1 : 0;
  };
  const all = Array.from(items);
  let last: Item | undefined;
  for (const item of all) {
    if (last !== undefined && compare(last, item) > 0) return all.sort(compare);
    last = item;
  }
  return all;
}

function itself(name: string): string {
  return name;
}

function digestOf({ digest }: Descriptor): string {
  return digest;
}
