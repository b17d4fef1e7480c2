import { readdir } from "node:fs/promises";
import { join } from "node:path";

import { RegistryError } from "@ocilayout/oci-types";

import { codeOf, readTextFile } from "../../auth/node/read-file.ts";
import { isSet, surroundingsOf } from "../../auth/node/surroundings.ts";
import type { MirrorPlaces } from "../mirror-places.ts";
import type { RegistriesConf } from "../registries-conf.ts";
import { joinTables, readTables } from "../registries-conf.ts";

/** The name of the file for messages. */
const ROLE = "registries.conf";

/** The maximum number of files in a directory of additions. */
const MAX_FILES = 256;

/**
 * Reads podman's `registries.conf`. The main file is that in `CONTAINERS_REGISTRIES_CONF`, or else
 * `~/.config/containers/registries.conf`, or else that of the system. Additions come after it: the files that end with `.conf` in
 * the directories `registries.conf.d`, in the order of their names. Those of the system come before those of the user. If the
 * user has a main file, those of the system are left out.
 *
 * @throws `RegistryError` with `STORAGE_FAILED` if a file is malformed, larger than 1 MiB, or cannot be read.
 * @see {@link https://github.com/containers/image/blob/main/docs/containers-registries.conf.d.5.md}
 */
export async function readRegistriesConf(options: MirrorPlaces = {}): Promise<RegistriesConf> {
  const { env, home } = surroundingsOf(options);
  const system = options.systemDirectory ?? "/etc/containers";
  const own = join(home, ".config/containers");
  const named = env["CONTAINERS_REGISTRIES_CONF"];
  const users = isSet(named) ? undefined : await readTextFile(join(own, ROLE), ROLE);
  const main = users ?? (await readTextFile(isSet(named) ? named : join(system, ROLE), ROLE));
  const directories = [...(users === undefined ? [system] : []), own];
  const files = [main];
  for (const directory of directories) {
    const below = join(directory, `${ROLE}.d`);
    for (const name of await additionsIn(below)) files.push(await readTextFile(join(below, name), ROLE));
  }
  const texts = files.filter((text) => text !== undefined);
  return texts.length === 0 ? [] : parseAll(texts);
}

/** Parses the texts. The parser is loaded only if there is a file. */
async function parseAll(texts: readonly string[]): Promise<RegistriesConf> {
  const { parse } = await import("smol-toml");
  return joinTables(
    texts.map((text) => {
      let document: unknown;
      try {
        document = parse(text);
      } catch (cause) {
        throw new RegistryError("STORAGE_FAILED", `cannot read ${ROLE}: it is not valid TOML`, { cause });
      }
      return readTables(document, ROLE);
    }),
  );
}

async function additionsIn(directory: string): Promise<readonly string[]> {
  let names: string[];
  try {
    names = await readdir(directory);
  } catch (cause) {
    if (["ENOENT", "ENOTDIR"].includes(codeOf(cause))) return [];
    throw new RegistryError("STORAGE_FAILED", `cannot list ${ROLE}.d (${codeOf(cause)})`, {
      cause,
      detail: { systemCode: codeOf(cause) },
    });
  }
  const wanted = names.filter((name) => name.endsWith(".conf")).sort();
  if (wanted.length > MAX_FILES)
    throw new RegistryError("STORAGE_FAILED", `cannot read ${ROLE}.d: it has more than ${MAX_FILES} files`);
  return wanted;
}
