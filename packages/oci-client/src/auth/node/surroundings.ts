import { homedir } from "node:os";
import { join } from "node:path";
import process from "node:process";

import { requireDuration } from "@ocilayout/oci-types/authors";

import type { CredentialPlaces } from "../credential-places.ts";

/** The places with their defaults. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly helperMs: number;
  readonly note: (text: string) => void;
}

/** A file of accounts. */
export interface FilePlace {
  /** The name of the file for messages, which must not contain paths. */
  readonly role: string;
  readonly path: string;
  /** Whether the user named it. Such a file must be readable if it exists. */
  readonly isNamed: boolean;
}

/**
 * Returns the places with their defaults.
 *
 * @throws TypeError or RangeError if `helperMs` is not a duration.
 */
export function surroundingsOf({
  env = process.env,
  home,
  helperMs,
  onNote,
}: CredentialPlaces): Surroundings {
  return {
    env,
    home: home ?? env["HOME"] ?? homedir(),
    helperMs: requireDuration(helperMs ?? 60_000, "helperMs"),
    note: (text) => onNote?.(text),
  };
}

/** Returns the place of Docker's file: in `DOCKER_CONFIG`, or else in `~/.docker`. */
export function dockerPlace({ env, home }: Surroundings): FilePlace {
  const named = env["DOCKER_CONFIG"];
  const isNamed = isSet(named);
  return {
    role: "Docker's config.json",
    path: join(isNamed ? named : join(home, ".docker"), "config.json"),
    isNamed,
  };
}

/**
 * Returns the places of podman's files, in the order in which podman reads them. The variable `REGISTRY_AUTH_FILE` replaces all.
 *
 * @see {@link https://github.com/containers/image/blob/main/docs/containers-auth.json.5.md}
 */
export function podmanPlaces({ env, home }: Surroundings): readonly FilePlace[] {
  const role = "podman's auth.json";
  const named = env["REGISTRY_AUTH_FILE"];
  if (isSet(named)) return [{ role, path: named, isNamed: true }];
  const runtime = env["XDG_RUNTIME_DIR"];
  const user = process.getuid?.();
  const perUser = isSet(runtime)
    ? [join(runtime, "containers")]
    : user === undefined
      ? []
      : [`/run/containers/${user}`];
  const config = env["XDG_CONFIG_HOME"];
  const directories = [...perUser, join(isSet(config) ? config : join(home, ".config"), "containers")];
  return directories.map((directory) => ({ role, path: join(directory, "auth.json"), isNamed: false }));
}

/** Whether a variable has a value. An empty one counts as absent, as for Docker and podman. */
export function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== "";
}
