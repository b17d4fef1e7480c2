export type { CredentialPlaces, StoreOptions } from "./auth/credential-places.ts";
export type { Credentials, CredentialSource, CredentialSourceOptions } from "./auth/credentials.ts";
export { firstOf } from "./auth/sources.ts";
export type { MirrorPlaces } from "./mirrors/mirror-places.ts";
export type { MirrorRule } from "./mirrors/mirror-rule.ts";
export { mirrorsOf } from "./mirrors/mirrors-of.ts";
export type { MirrorUse, Prefix, RegistriesConf, RegistryTable, Source } from "./mirrors/registries-conf.ts";
export type { Location } from "./mirrors/location.ts";
export { openRemote, type RemoteRegistry } from "./open-remote.ts";
export type { MirrorOptions, RemoteOptions } from "./options.ts";
export type { RegistryWarning } from "./requests/warnings.ts";
export type { HttpEvent } from "./transport/observe.ts";
export type { TimeLimits, TransportOptions } from "./transport/options.ts";
export type { RequestBody, Transport, TransportRequest, TransportResponse } from "./transport/transport.ts";
export {
  defaultCredentials,
  dockerCredentials,
  environmentCredentials,
  eraseCredentials,
  podmanCredentials,
  readRegistriesConf,
  storeCredentials,
} from "#platform";
