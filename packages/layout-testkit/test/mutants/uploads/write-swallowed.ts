import type { Mutant } from "../mutant.ts";
import { mutant, unless, changeWriters } from "../mutant.ts";

const it: Mutant = mutant("ignores writes after the end", ["UPLOAD-11"], (whole) =>
  changeWriters(whole, (writer) => ({
    write: (chunk) => unless(writer.write(chunk), "BLOB_UPLOAD_INVALID", () => undefined),
  })),
);

export default it;
