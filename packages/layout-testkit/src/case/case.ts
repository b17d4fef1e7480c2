import type { RegistryCapabilities } from "@ocilayout/oci-types";

import type { Cite } from "./cites.ts";
import type { CaseContext } from "./context.ts";
import type { Hint } from "./failure.ts";

/** How much a case matters: what the contract requires, recommends or permits. */
export type Level = "MUST" | "SHOULD" | "MAY";

/** One behaviour of a registry, and how to check it. */
export interface ConformanceCase extends Hint {
  /** A stable id: `BLOB-01`. */
  readonly id: string;
  /** The behaviour, as a claim: `pushBlob rejects a digest mismatch and stores nothing`. */
  readonly title: string;
  /** Whether a registry must, should or may behave so. */
  readonly level: Level;
  /** At least one clause of the contract, and the sections of the specifications that require the behaviour. */
  readonly cites: readonly Cite[];
  /** Run the case only if all of these are promised. */
  readonly needs?: readonly (keyof RegistryCapabilities)[] | undefined;
  /** Run the case only if this is not promised. */
  readonly unless?: keyof RegistryCapabilities | undefined;
  /** Run the case only if the target has `reopen`. */
  readonly needsReopen?: boolean | undefined;
  /** Run the case only if the option `layoutDirectory` is set. */
  readonly needsLayout?: boolean | undefined;
  /** Whether the case may take longer than the time limit, because it applies the limit to each of its calls. */
  readonly isLong?: boolean | undefined;
  /**
   * Rejects with a `ConformanceFailure` if the registry behaves differently, with `NotApplicable` if the case cannot
   * run here.
   */
  readonly run: (context: CaseContext) => Promise<void>;
}
