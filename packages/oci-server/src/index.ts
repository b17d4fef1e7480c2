export type {
  AccessRequest,
  Action,
  Allowed,
  Authorize,
  AuthorizedRequest,
  Challenge,
  Decision,
} from "./settings/authorize.ts";
export type { IncomingRequest } from "./http/incoming.ts";
export type { HandlerOptions, ServerLimits } from "./settings/options.ts";
export { createHandler, type Handler } from "./web-handler.ts";
