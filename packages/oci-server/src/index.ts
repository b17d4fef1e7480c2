export type {
  AccessRequest,
  Action,
  Allowed,
  Authorize,
  AuthorizedRequest,
  Challenge,
  Decision,
} from "./authorize.ts";
export type { IncomingRequest } from "./incoming.ts";
export type { HandlerOptions, ServerLimits } from "./options.ts";
export { createHandler, type Handler } from "./web-handler.ts";
