import type { Mutant } from "../mutant.ts";
import { mutant, changeWriters } from "../mutant.ts";

const it: Mutant = mutant("ignores the disposal of a writer", ["UPLOAD-21"], (whole) =>
  changeWriters(whole, () => ({ [Symbol.asyncDispose]: async () => undefined })),
);

export default it;
