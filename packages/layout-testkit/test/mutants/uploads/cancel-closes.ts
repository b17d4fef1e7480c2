import type { Mutant } from "../mutant.ts";
import { mutant, changeWriters } from "../mutant.ts";

const it: Mutant = mutant("only closes what it should cancel", ["UPLOAD-06"], (whole) =>
  changeWriters(whole, (writer) => ({ cancel: () => writer.close() })),
);

export default it;
