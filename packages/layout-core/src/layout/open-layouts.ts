import type { Layout } from "./layout.ts";

const layouts: WeakMap<object, Layout> = new WeakMap();

/** Remembers the layout of a registry, for operations between two layouts. */
export function rememberLayout(registry: object, layout: Layout): void {
  layouts.set(registry, layout);
}

/** Returns the layout of a registry that `openLayout` returned. */
export function layoutOf(registry: object): Layout {
  const layout = layouts.get(registry);
  if (layout === undefined) throw new TypeError("the registry is not one that openLayout returned");
  return layout;
}
