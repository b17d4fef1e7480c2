import type { Mutant } from "../mutant.ts";
import { mutant, changeWriters } from "../mutant.ts";

const it: Mutant = mutant("issues consecutive ids", ["UPLOAD-17"], (whole) => {
  let count = 0;
  return changeWriters(whole, () => {
    count += 1;
    return { id: String(count) };
  });
});

export default it;
