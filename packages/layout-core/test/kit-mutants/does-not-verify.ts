import { mutant } from "../kit-mutant.ts";

export default mutant(
  "does not compare what it reads with its digest",
  ["LAYOUT-28", "LAYOUT-29"],
  () => ({}),
  { verifyOnRead: false },
);
