import { ociMediaTypes } from "@ocilayout/oci-types";
import type { ListOptions } from "@ocilayout/oci-types";

import type { Answer } from "../http/answer.ts";
import { emptyAnswer, jsonAnswer } from "../http/answer.ts";
import type { Context } from "./context.ts";
import { badRequest } from "../http/http-error.ts";

/** The most characters of JSON that the items of one answer take. */
const MAX_PAGE_LENGTH = 4 * 1024 * 1024;

/** Lists the tags of a repository (end-8a, end-8b). */
export async function listTags(context: Context, repository: string): Promise<Answer> {
  const list = (options: ListOptions): AsyncIterable<string> => context.registry.tags(repository, options);
  const { items, headers } = await readPage(context, `/v2/${repository}/tags/list`, list, (tag) => tag);
  return jsonAnswer({ name: repository, tags: items }, headers);
}

/** Lists the repositories, as Docker's registry does. */
export async function listRepositories(context: Context): Promise<Answer> {
  const list = (options: ListOptions): AsyncIterable<string> => context.registry.repositories(options);
  const { items, headers } = await readPage(context, "/v2/_catalog", list, (name) => name);
  return jsonAnswer({ repositories: items }, headers);
}

/** Lists the referrers of a manifest (end-12a, end-12b). */
export async function listReferrers(context: Context, repository: string, digest: string): Promise<Answer> {
  const { registry, query } = context;
  if (registry.capabilities?.referrers === false) return emptyAnswer(404);
  const artifactType = query.get("artifactType") ?? undefined;
  const { items, headers } = await readPage(
    context,
    `/v2/${repository}/referrers/${digest}`,
    (options) => registry.referrers(repository, digest, { ...options, artifactType }),
    (descriptor) => descriptor.digest,
  );
  const index = { schemaVersion: 2, mediaType: ociMediaTypes.imageIndex, manifests: items };
  const applied = artifactType === undefined ? {} : { "oci-filters-applied": "artifactType" };
  return jsonAnswer(index, { ...headers, ...applied, "content-type": ociMediaTypes.imageIndex });
}

interface Page<Item> {
  readonly items: readonly Item[];
  /** The link to the next page, if there is one. */
  readonly headers: Readonly<Record<string, string>>;
}

async function readPage<Item>(
  { query, limits, request }: Context,
  path: string,
  list: (options: ListOptions) => AsyncIterable<Item>,
  nameOf: (item: Item) => string,
): Promise<Page<Item>> {
  const asked = query.get("n");
  if (asked !== null && !/^\d{1,15}$/.test(asked)) throw badRequest("n is not a decimal number");
  const size = Math.min(Number(asked ?? limits.maxPageSize), limits.maxPageSize);
  const startAfter = query.get("last") ?? undefined;
  const items: Item[] = [];
  let length = 0;
  // One item more than the page holds shows whether there is a next page.
  for await (const item of list({ startAfter, limit: size === 0 ? 0 : size + 1, signal: request.signal })) {
    length += typeof item === "string" ? item.length : JSON.stringify(item).length;
    const last = items.at(-1);
    if (items.length === size || (last !== undefined && length > MAX_PAGE_LENGTH)) {
      return { items, headers: last === undefined ? {} : { link: nextLink(path, query, nameOf(last)) } };
    }
    items.push(item);
  }
  return { items, headers: {} };
}

/** @see {@link https://www.rfc-editor.org/rfc/rfc8288} */
function nextLink(path: string, query: URLSearchParams, last: string): string {
  const next = new URLSearchParams();
  for (const name of ["n", "artifactType"]) {
    const value = query.get(name);
    if (value !== null) next.set(name, value);
  }
  next.set("last", last);
  return `<${path}?${next.toString()}>; rel="next"`;
}
