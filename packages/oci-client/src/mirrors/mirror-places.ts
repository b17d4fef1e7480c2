/** Where `registries.conf` is looked for. */
export interface MirrorPlaces {
  /** The environment variables. Defaults to those of this process. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** The home directory. Defaults to that of the user. */
  readonly home?: string | undefined;
  /** The directory of the system's files. Defaults to `/etc/containers`. */
  readonly systemDirectory?: string | undefined;
}
