// By its path: the package @ocilayout/testing depends on this one, so this one cannot depend on it.
export { bytes, chunked, probe, rejection } from "../../../tools/testing/src/index.ts";
