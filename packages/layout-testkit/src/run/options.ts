import { type Registry, type RegistryCapabilities, registryCapabilityNames } from "@ocilayout/oci-types";
import { requireCount, requireDuration, requireString } from "@ocilayout/oci-types/authors";

/** A backend to test: an empty registry, and optionally a way to open its content again. */
export interface ConformanceTarget extends Partial<AsyncDisposable> {
  /** The registry under test, empty. */
  readonly registry: Registry;
  /**
   * Opens another registry over the same content. Without it, cases about persistence and concurrent registries are
   * skipped.
   */
  readonly reopen?: (() => Promise<Registry>) | undefined;
}

/** The place for a new target. */
export interface TargetPlace {
  /** An empty directory for this target. It is removed afterwards. */
  readonly tempDir: string;
  /** Aborted at the end of the case. */
  readonly signal: AbortSignal;
}

/** Options of `runConformance` and `describeRegistry`. */
export interface ConformanceOptions {
  /** Creates a target. Called once for every case. */
  readonly create: (place: TargetPlace) => Promise<ConformanceTarget> | ConformanceTarget;
  /**
   * Promises of the backend by name: `{ deleteBlob: false }`. Defaults to the registry's own `capabilities`; a
   * capability that is missing there counts as promised. Cases also check what is not promised: such a method must
   * reject with `UNSUPPORTED`, and such a behaviour must be absent.
   */
  readonly capabilities?: Partial<RegistryCapabilities> | undefined;
  /** Reasons of expected failures, by case id. Such a case still runs, and is reported as stale if it passes. */
  readonly skip?: Readonly<Record<string, string>> | undefined;
  /** Runs only the case with this id, the cases whose ids begin with it, or several: `"UPLOAD-07"`, `"UPLOAD"`. */
  readonly only?: string | readonly string[] | undefined;
  /** The seed of random choices, an integer from 0 to 2³¹−1. Defaults to a random number, which the report contains. */
  readonly seed?: number | undefined;
  /** The number of random sequences of calls compared with the registry in memory. Defaults to 40; 0 skips the comparison. */
  readonly runs?: number | undefined;
  /**
   * The time limit of a case, in milliseconds; of each call in the comparison with the registry in memory. Defaults to
   * 10,000.
   */
  readonly timeoutMs?: number | undefined;
  /** Whether the cases run in an order that the seed determines. Defaults to false: the order of the contract. */
  readonly shuffle?: boolean | undefined;
  /**
   * For a backend that stores OCI image layouts: returns the layout directory of `repository`. Enables the cases that
   * read and change files on disk and expect the registry to notice.
   */
  readonly layoutDirectory?: ((tempDir: string, repository: string) => string) | undefined;
}

/** {@link ConformanceOptions} with all defaults, validated. */
export interface ConformanceSettings {
  readonly create: ConformanceOptions["create"];
  readonly capabilities: Partial<RegistryCapabilities>;
  readonly skip: Readonly<Record<string, string>>;
  readonly only: readonly string[];
  readonly seed: number;
  readonly runs: number;
  readonly timeoutMs: number;
  readonly shuffle: boolean;
  readonly layoutDirectory: ConformanceOptions["layoutDirectory"];
}

const LARGEST_SEED = 0x7fff_ffff;

/**
 * Fills in the defaults and validates the options.
 *
 * @throws TypeError or RangeError if an option is invalid.
 */
export function completeOptions(options: ConformanceOptions): ConformanceSettings {
  const { capabilities = {}, skip = {}, only = [], runs = 40, timeoutMs = 10_000 } = options;
  if (typeof options.create !== "function") throw new TypeError("create must be a function");
  for (const name of Object.keys(capabilities))
    if (!(registryCapabilityNames as readonly string[]).includes(name))
      throw new TypeError(`${name} is not a capability`);
  for (const [id, reason] of Object.entries(skip)) {
    requireString(reason, `the reason to skip ${id}`);
    if (reason.trim() === "") throw new TypeError(`${id} is skipped without a reason`);
  }
  const seed = options.seed ?? Math.floor(Math.random() * LARGEST_SEED);
  if (requireCount(seed, "seed") > LARGEST_SEED) throw new RangeError(`seed must be at most ${LARGEST_SEED}`);
  if (requireDuration(timeoutMs, "timeoutMs") === 0) throw new RangeError("timeoutMs must be positive");
  return {
    create: options.create,
    capabilities,
    skip,
    only: typeof only === "string" ? [only] : only,
    seed,
    runs: requireCount(runs, "runs"),
    timeoutMs,
    shuffle: options.shuffle ?? false,
    layoutDirectory: options.layoutDirectory,
  };
}

/** Whether a backend with these settings promises a capability. */
export function doesPromise(
  { capabilities }: ConformanceSettings,
  name: keyof RegistryCapabilities,
): boolean {
  return capabilities[name] !== false;
}
