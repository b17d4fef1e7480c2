export { dockerHubHost, parseRelative } from "./docker-hub.ts";
export {
  isValidDigest,
  isValidHost,
  isValidRepository,
  isValidTag,
  maxRepositoryLength,
  maxTagLength,
} from "./grammar.ts";
export { formatReference, parse, parseHostless, tryParseHostless, type Reference } from "./reference.ts";
export { requireRepository, requireTag } from "./require.ts";
