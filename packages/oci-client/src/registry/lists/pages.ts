import { RegistryError } from "@ocilayout/oci-types";

import type { RegistryRequest } from "../../requests/registry-client.ts";
import { readErrors } from "../../requests/read-errors.ts";
import { readLimited } from "../../transport/read-limited.ts";
import type { Remote } from "../remote/remote.ts";

/** The largest page, in bytes. Some registries send a whole list as one page. */
const MAX_PAGE_BYTES = 16 * 1024 * 1024;

/** The largest list, in bytes of its pages. */
const MAX_LIST_BYTES = 256 * 1024 * 1024;

/** The most pages without a new item. */
const MAX_EMPTY_PAGES = 16;

/** A list that a registry sends in pages. */
export interface PagedList<Item> {
  readonly request: Pick<RegistryRequest, "scopes" | "headers" | "signal"> & { readonly target: string };
  /** Returns the items of a page, which the registry may have made up. */
  readonly itemsOf: (document: unknown) => readonly Item[];
  /** Returns the key by which an item is known. */
  readonly keyOf: (item: Item) => string;
  /** The statuses that mean that there is no such list. */
  readonly absent: readonly number[];
}

/**
 * Collects all pages of a list, whose order may be any. The address of the next page is opaque (end-8b), and a page size is
 * never requested, because registries disagree about the largest one.
 *
 * @returns `undefined` if the registry does not have the list.
 * @throws `RegistryError` `REMOTE_FAILED` if the list has no end, or a page has another origin.
 */
export async function collectPages<Item>(
  remote: Remote,
  { request, itemsOf, keyOf, absent }: PagedList<Item>,
): Promise<Item[] | undefined> {
  const items: Map<string, Item> = new Map();
  let emptyPages = 0;
  let size = 0;
  const visited: Set<string> = new Set();
  for (let target: string | URL = request.target; ;) {
    const response = await remote.client.send({ ...request, method: "GET", target });
    if (visited.size === 0 && absent.includes(response.status)) {
      await response.discard();
      return undefined;
    }
    if (response.status !== 200)
      throw await readErrors(response, { codes: { 404: "NAME_UNKNOWN", 405: "UNSUPPORTED" } });
    const before = items.size;
    const bytes = await readLimited(response, MAX_PAGE_BYTES);
    size += bytes.length;
    if (size > MAX_LIST_BYTES) throw endless(`it has more than ${MAX_LIST_BYTES} bytes`);
    for (const item of itemsOf(parseJson(bytes, response.status))) items.set(keyOf(item), item);
    if (items.size > remote.maxListItems) throw endless(`it has more than ${remote.maxListItems} items`);
    emptyPages = items.size > before ? 0 : emptyPages + 1;
    const link = nextLink(response.header("link"));
    if (link === undefined) return [...items.values()];
    const next = remote.client.resolve(link, response.url, "page");
    visited.add(response.url.href);
    if (visited.has(next.href)) throw endless("a page links to an earlier one");
    if (emptyPages === MAX_EMPTY_PAGES) throw endless(`${MAX_EMPTY_PAGES} pages have no new item`);
    target = next;
  }
}

function parseJson(bytes: Uint8Array, status: number): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) as unknown;
  } catch (cause) {
    throw new RegistryError("REMOTE_FAILED", "the registry sent a list that is not JSON in UTF-8", {
      cause,
      detail: { status },
    });
  }
}

/**
 * Returns the address of the next page.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc8288}
 */
export function nextLink(values: readonly string[]): string | undefined {
  for (const value of values) {
    for (const { groups } of value.matchAll(/<(?<target>[^<>]{1,8192})>(?<parameters>[^<]{0,1024})/g)) {
      const { target, parameters = "" } = groups ?? {};
      if (/;\s*rel\s*=\s*(?:next(?=[\s;,]|$)|"(?:[^"]*\s)?next(?:\s[^"]*)?")/i.test(parameters))
        return target;
    }
  }
  return undefined;
}

function endless(why: string): RegistryError {
  return new RegistryError("REMOTE_FAILED", `cannot list: the list of the registry has no end: ${why}`);
}
