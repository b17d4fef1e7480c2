import type { Mutant } from "../mutant.ts";
import { mutant, changeWriters, unless } from "../mutant.ts";

const it: Mutant = mutant("lets a writer be cancelled twice", ["UPLOAD-11"], (whole) =>
  changeWriters(whole, (writer) => ({ cancel: () => unless(writer.cancel(), "BLOB_UPLOAD_UNKNOWN", () => undefined) })));

export default it;
