export type { Credentials, CredentialSource } from "./auth/credentials.ts";
export { openRemote, type RemoteRegistry } from "./open-remote.ts";
export type { MirrorOptions, RemoteOptions } from "./options.ts";
export type { RegistryWarning } from "./requests/warnings.ts";
export type { HttpEvent } from "./transport/observe.ts";
export type { TimeLimits, TransportOptions } from "./transport/options.ts";
export type { RequestBody, Transport, TransportRequest, TransportResponse } from "./transport/transport.ts";
export { eraseCredentials, storeCredentials } from "#platform";
