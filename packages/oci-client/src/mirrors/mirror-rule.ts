/** A mirror of a host, as `RemoteOptions.mirrors` has it. */
export interface MirrorRule {
  /** The host of the mirror, with its port if it has one. */
  readonly host: string;
  /** Whether it is plain HTTP. `undefined` for HTTPS, or HTTP on this machine. */
  readonly insecure: boolean | undefined;
  /** Returns the name of a repository on the mirror, or `undefined` if the mirror is not for this tag or digest. */
  readonly rewrite: (repository: string, reference: string) => string | undefined;
}
