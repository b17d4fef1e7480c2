import type { Mutant } from "../mutant.ts";
import { mutant, changeWriters } from "../mutant.ts";

const it: Mutant = mutant("does nothing where a writer is disposed", ["UPLOAD-21"], (whole) =>
  changeWriters(whole, () => ({ [Symbol.asyncDispose]: async () => undefined })),
);

export default it;
