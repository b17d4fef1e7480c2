import type { Mutant } from "../mutant.ts";
import { mutant, changeWriters } from "../mutant.ts";

const it: Mutant = mutant("encodes text passed to write()", ["UPLOAD-20"], (whole) =>
  changeWriters(whole, (writer) => ({
    write: (chunk) => writer.write(typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk),
  })),
);

export default it;
