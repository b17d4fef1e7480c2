export { parseRelativeReference } from "./docker-hub.ts";
export {
  isValidDigest,
  isValidHost,
  isValidRepository,
  isValidTag,
  maxRepositoryLength,
  maxTagLength,
} from "./grammar.ts";
export {
  formatReference,
  parseReference,
  parseHostlessReference,
  tryParseHostlessReference,
  type Reference,
} from "./reference.ts";
export { requireRepository, requireTag } from "./require.ts";
