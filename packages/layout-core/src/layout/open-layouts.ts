import type { Layout } from "./layout.ts";

const layouts: WeakMap<object, Layout> = new WeakMap();

/** Remembers what is behind a registry, for what goes between two of them. */
export function rememberLayout(registry: object, layout: Layout): void {
  layouts.set(registry, layout);
}

/** What is behind a registry that `openLayout` made. */
export function layoutOf(registry: object): Layout {
  const layout = layouts.get(registry);
  if (layout === undefined) throw new TypeError("this is no registry that openLayout opened");
  return layout;
}
