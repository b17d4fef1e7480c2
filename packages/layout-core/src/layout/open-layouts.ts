import type { Layout } from "./layout.ts";

/** Calls `use` with the layout that stores the blobs of `repository`, and returns its result. */
export type LayoutLender = <Result>(
  repository: string,
  use: (layout: object) => Promise<Result>,
) => Promise<Result>;

const layouts: WeakMap<object, Layout> = new WeakMap();
const lenders: WeakMap<object, LayoutLender> = new WeakMap();

/** Remembers the layout of a registry, for operations between two layouts. */
export function rememberLayout(registry: object, layout: Layout): void {
  layouts.set(registry, layout);
}

/**
 * Remembers how to find the layouts of a registry over several layouts. Then the method `mountFrom` of other layouts
 * can take blobs from that registry.
 *
 * @param lend - Calls its second argument with the layout of a repository, as `openLayout` returned it.
 */
export function rememberLayouts(registry: object, lend: LayoutLender): void {
  lenders.set(registry, lend);
}

/** Returns the layout of a registry that `openLayout` returned. */
export function layoutOf(registry: object): Layout {
  const layout = layouts.get(registry);
  if (layout === undefined) throw new TypeError("the registry is not one that openLayout returned");
  return layout;
}

/**
 * Calls `use` with the layout that stores the blobs of a repository, and returns its result. Returns `undefined` if the
 * registry is not known to store its blobs in layouts.
 */
export async function withLayoutOf<Result>(
  registry: object,
  repository: string,
  use: (layout: Layout) => Promise<Result>,
): Promise<Result | undefined> {
  const layout = layouts.get(registry);
  if (layout !== undefined) return use(layout);
  return lenders.get(registry)?.(repository, (lent) => use(layoutOf(lent)));
}
