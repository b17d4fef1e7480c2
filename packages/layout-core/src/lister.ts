import type { ListOptions, RegistryLister } from "@ocilayout/oci-types";
import { RegistryError } from "@ocilayout/oci-types";

import { requireRepository, selectPage, throwIfAborted } from "./check-input.ts";
import type { Layout } from "./layout.ts";

/** The listing facet of a layout. */
export class LayoutLister implements Pick<RegistryLister, "tags" | "repositories"> {
  readonly #layout: Layout;

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  async *tags(repo: string, options: ListOptions = {}): AsyncGenerator<string, void, undefined> {
    this.#layout.beginRead(options);
    requireRepository(repo);
    const table = await this.#layout.index.read();
    if (!table.has(repo)) throw new RegistryError("NAME_UNKNOWN", `no repository ${repo}`);
    yield* page(table.tags(repo), options);
  }

  async *repositories(options: ListOptions = {}): AsyncGenerator<string, void, undefined> {
    this.#layout.beginRead(options);
    yield* page((await this.#layout.index.read()).repositories(), options);
  }
}

function* page(items: readonly string[], options: ListOptions): Generator<string, void, undefined> {
  for (const item of selectPage(items, options)) {
    throwIfAborted(options);
    yield item;
  }
}
