import type { Registry, RegistryCapabilities } from "@ocilayout/oci-types";
import { requireCount, requireDuration, requireString } from "@ocilayout/oci-types/authors";

/** What a case needs of a backend: an empty registry, and perhaps a way to open its content again. */
export interface ConformanceTarget extends Partial<AsyncDisposable> {
  /** The registry that is put to the test; empty. */
  readonly registry: Registry;
  /** Opens another registry over the same content. Without it the cases of persistence and of two at once are skipped. */
  readonly reopen?: (() => Promise<Registry>) | undefined;
}

/** Where a target is made. */
export interface TargetPlace {
  /** An empty directory of its own, removed afterwards. */
  readonly tempDir: string;
  /** Aborted when the case is over. */
  readonly signal: AbortSignal;
}

/** Options of `runConformance` and `describeRegistry`. */
export interface ConformanceOptions {
  /** Makes a target. It is asked to for every case. */
  readonly create: (place: TargetPlace) => Promise<ConformanceTarget> | ConformanceTarget;
  /**
   * What the backend promises, `true` or `false` by name: `{ deleteBlob: false }`. Default: what the `capabilities` of its
   * registries say, and everything that they do not mention. What is not promised must not be there: a method rejects with
   * `UNSUPPORTED`, and of a behaviour the opposite is expected.
   */
  readonly capabilities?: Partial<RegistryCapabilities> | undefined;
  /**
   * By id, why a case is expected to fail. It is run all the same, and reported as stale where it passes.
   */
  readonly skip?: Readonly<Record<string, string>> | undefined;
  /** Runs only the case with this id, or the cases whose ids begin with this, or of several: `"UPLOAD-07"`, `"UPLOAD"`. */
  readonly only?: string | readonly string[] | undefined;
  /** Where random choices begin, an integer from 0 to 2³¹−1. Default: by chance, and said in the report. */
  readonly seed?: number | undefined;
  /** How many random sequences of calls are compared with a model. Default 40; 0 leaves the comparison out. */
  readonly runs?: number | undefined;
  /** How long a case may take, in milliseconds; in the comparison with a model, each call. Default 10,000. */
  readonly timeoutMs?: number | undefined;
  /** Whether cases are run in an order that the seed decides. Default false: in the order of the contract. */
  readonly shuffle?: boolean | undefined;
  /**
   * For a backend that stores OCI Image Layouts: the directory of the layout that `repository` is in. It turns on the
   * cases that look at what is on disk, change it, and expect the registry to notice.
   */
  readonly layoutDirectory?: ((tempDir: string, repository: string) => string) | undefined;
}

/** {@link ConformanceOptions}, complete and checked. */
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

/** Every name of a capability: a typing error must not look like a promise. */
export const capabilityNames: readonly (keyof RegistryCapabilities)[] = [
  "deleteBlob",
  "deleteManifest",
  "deleteTag",
  "resumableUploads",
  "mount",
  "repositories",
  "referrers",
  "repositoryScopedBlobs",
  "checksReferences",
  "conditionalTags",
  "persistent",
  "sha512",
];

/** Fills in the defaults and refuses what makes no sense, with a TypeError or RangeError. */
export function completeOptions(options: ConformanceOptions): ConformanceSettings {
  const { capabilities = {}, skip = {}, only = [], runs = 40, timeoutMs = 10_000 } = options;
  if (typeof options.create !== "function") throw new TypeError("create must be a function");
  for (const name of Object.keys(capabilities))
    if (!(capabilityNames as readonly string[]).includes(name))
      throw new TypeError(`there is no capability ${name}`);
  for (const [id, reason] of Object.entries(skip)) {
    requireString(reason, `the reason to skip ${id}`);
    if (reason.trim() === "") throw new TypeError(`${id} is skipped without a reason`);
  }
  const seed = options.seed ?? Math.floor(Math.random() * LARGEST_SEED);
  if (requireCount(seed, "seed") > LARGEST_SEED) throw new RangeError(`seed must be ${LARGEST_SEED} at most`);
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

/** Whether a backend of these settings promises this. */
export function doesPromise(
  { capabilities }: ConformanceSettings,
  name: keyof RegistryCapabilities,
): boolean {
  return capabilities[name] !== false;
}
