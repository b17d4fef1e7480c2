import type { Mutant } from "../mutant.ts";
import { mutant, changeWriters } from "../mutant.ts";

const it: Mutant = mutant("cancels a session whose writer is disposed", ["UPLOAD-21"], (whole) =>
  changeWriters(whole, (writer) => ({ [Symbol.asyncDispose]: () => writer.cancel() })),
);

export default it;
