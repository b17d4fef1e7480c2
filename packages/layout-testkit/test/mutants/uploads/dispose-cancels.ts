import type { Mutant } from "../mutant.ts";
import { mutant, changeWriters } from "../mutant.ts";

const it: Mutant = mutant("cancels the session of a disposed writer", ["UPLOAD-21"], (whole) =>
  changeWriters(whole, (writer) => ({ [Symbol.asyncDispose]: () => writer.cancel() })),
);

export default it;
