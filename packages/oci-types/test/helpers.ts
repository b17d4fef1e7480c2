// Imported by path: @ocilayout/testing depends on this package, so this package cannot depend on it.
export { bytes, chunked, probe, rejection } from "../../../tools/testing/src/index.ts";
