import type { ImageConfig } from "@ocilayout/oci-image";
import { isRecord } from "@ocilayout/oci-types/authors";

/** A member of a config that differs. `before` is absent if the member was added, `after` if it was removed. */
export interface ConfigChange {
  /** The path of the member, such as `config.Env`. */
  readonly path: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

/** The deepest members that are compared one by one. Deeper ones are compared as a whole. */
const MOST_DEPTH = 4;

/** Members about the layers, which {@link changesOfConfig} leaves out because the layers are compared themselves. */
const ABOUT_LAYERS: ReadonlySet<string> = new Set(["rootfs", "history"]);

/** Returns the members of two configs that differ, except those about the layers. Objects are compared member by member. */
export function changesOfConfig(before: ImageConfig, after: ImageConfig): ConfigChange[] {
  const without = (config: ImageConfig): Record<string, unknown> =>
    Object.fromEntries(Object.entries(config).filter(([name]) => !ABOUT_LAYERS.has(name)));
  return [...compare("", without(before), without(after), 0)];
}

function* compare(path: string, before: unknown, after: unknown, depth: number): Generator<ConfigChange> {
  if (depth < MOST_DEPTH && isRecord(before) && isRecord(after)) {
    for (const name of new Set([...Object.keys(before), ...Object.keys(after)]))
      yield* compare(path === "" ? name : `${path}.${name}`, own(before, name), own(after, name), depth + 1);
  } else if (JSON.stringify(before) !== JSON.stringify(after)) yield { path, before, after };
}

function own(record: Record<string, unknown>, name: string): unknown {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
