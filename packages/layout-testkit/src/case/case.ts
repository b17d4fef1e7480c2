import type { RegistryCapabilities } from "@ocilayout/oci-types";

import type { Cite } from "./cites.ts";
import type { CaseContext } from "./context.ts";
import type { Hint } from "./failure.ts";

/** How much a case matters: what the contract demands, advises or allows. */
export type Level = "MUST" | "SHOULD" | "MAY";

/** One behaviour of a registry, and how to find out whether it has it. */
export interface ConformanceCase extends Hint {
  /** Stable: `BLOB-01`. */
  readonly id: string;
  /** The behaviour, as a sentence. */
  readonly title: string;
  /** Whether a registry must, should or may behave so. */
  readonly level: Level;
  /** At least one clause of the contract, and the sections of the specifications that demand the behaviour. */
  readonly cites: readonly Cite[];
  /** Run only where all of these are promised. */
  readonly needs?: readonly (keyof RegistryCapabilities)[] | undefined;
  /** Run only where this is not promised. */
  readonly unless?: keyof RegistryCapabilities | undefined;
  /** Run only where the target can be opened again. */
  readonly needsReopen?: boolean | undefined;
  /** Run only where the layouts on disk can be looked at. */
  readonly needsLayout?: boolean | undefined;
  /** Whether it may take longer than one time limit: it watches each of its calls itself. */
  readonly isLong?: boolean | undefined;
  /** Rejects with a `ConformanceFailure` if the registry behaves otherwise, with `NotApplicable` if that cannot be tried here. */
  readonly run: (context: CaseContext) => Promise<void>;
}
