import type { RegistryCapabilities } from "@ocilayout/oci-types";

import type { CaseContext } from "./context.ts";

/** How much a case matters: what the contract demands, advises or allows. */
export type Level = "MUST" | "SHOULD" | "MAY";

/** One behaviour of a registry, and how to find out whether it has it. */
export interface ConformanceCase {
  /** Stable: `BLOB-01`. */
  readonly id: string;
  /** The behaviour, as a sentence. */
  readonly title: string;
  readonly level: Level;
  /** The contract's clause, and the specification's section where there is one. */
  readonly cites: string;
  /** What goes wrong for somebody where a registry behaves otherwise. */
  readonly why: string;
  /** Where to look in a backend that behaves otherwise. */
  readonly lookFor: string;
  /** Run only where all of these are promised. */
  readonly needs?: readonly (keyof RegistryCapabilities)[] | undefined;
  /** Run only where this is not promised. */
  readonly unless?: keyof RegistryCapabilities | undefined;
  /** Run only where the target can be opened again. */
  readonly needsReopen?: boolean | undefined;
  readonly run: (context: CaseContext) => Promise<void>;
}
