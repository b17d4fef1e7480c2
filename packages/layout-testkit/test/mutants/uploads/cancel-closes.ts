import type { Mutant } from "../mutant.ts";
import { mutant, changeWriters } from "../mutant.ts";

const it: Mutant = mutant("closes a cancelled session without removing it", ["UPLOAD-06"], (whole) =>
  changeWriters(whole, (writer) => ({ cancel: () => writer.close() })),
);

export default it;
