import type { Mutant } from "../mutant.ts";
import { mutant, changeWriters } from "../mutant.ts";

const it: Mutant = mutant("issues ids that differ only at their end", ["UPLOAD-17"], (whole) => {
  let count = 0;
  return changeWriters(whole, () => {
    count += 1;
    return { id: `00000000-0000-4000-8000-${String(count).padStart(12, "0")}` };
  });
});

export default it;
