import type { Descriptor, ListOptions, ReferrersOptions, RegistryLister } from "@ocilayout/oci-types";
import { requirePage } from "@ocilayout/oci-backend";
import { RegistryError, requireDigest, requireString } from "@ocilayout/oci-types";
import { requireRepository } from "@ocilayout/ociref";

import { byCodeUnits, page } from "./check.ts";
import { describeReferrer, subjectOf } from "./manifest.ts";
import type { MemoryStore } from "./store.ts";

/** The listing facet of a registry in memory: lazy, and over what there is at the first `next()` (clause 4). */
export class MemoryLister implements RegistryLister {
  readonly #store: MemoryStore;

  constructor(store: MemoryStore) {
    this.#store = store;
  }

  async *tags(repo: string, options: ListOptions = {}): AsyncGenerator<string, void, undefined> {
    const signal = this.#store.begin("read", options);
    const asked = requirePage(options);
    requireRepository(repo);
    if (!this.#store.exists(repo)) throw new RegistryError("NAME_UNKNOWN", `no repository ${repo}`);
    yield* page([...this.#store.read(repo).tags.keys()].sort(byCodeUnits), (tag) => tag, asked, signal);
  }

  async *referrers(
    repo: string,
    digest: string,
    options: ReferrersOptions = {},
  ): AsyncGenerator<Descriptor, void, undefined> {
    const signal = this.#store.begin("read", options);
    const asked = requirePage(options);
    requireRepository(repo);
    const { artifactType } = options;
    if (artifactType !== undefined) requireString(artifactType, "artifactType");
    const wanted = requireDigest(digest).digest;
    const all = [...this.#store.read(repo).manifests.values()]
      .filter((it) => subjectOf(it) === wanted)
      .map(describeReferrer);
    const found = all.filter((it) => artifactType === undefined || it.artifactType === artifactType);
    yield* page(
      found.sort((a, b) => byCodeUnits(a.digest, b.digest)),
      (it) => it.digest,
      asked,
      signal,
    );
  }

  async *repositories(options: ListOptions = {}): AsyncGenerator<string, void, undefined> {
    const signal = this.#store.begin("read", options);
    const asked = requirePage(options);
    yield* page(this.#store.names(), (name) => name, asked, signal);
  }
}
