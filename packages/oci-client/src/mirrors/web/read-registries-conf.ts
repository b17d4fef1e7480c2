import type { MirrorPlaces } from "../mirror-places.ts";
import type { RegistriesConf } from "../registries-conf.ts";

/** Returns no tables: outside Node there are no files. */
export const readRegistriesConf: (options?: MirrorPlaces) => Promise<RegistriesConf> = async () => [];
