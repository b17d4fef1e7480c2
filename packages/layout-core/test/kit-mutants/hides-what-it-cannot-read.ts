import { mutant } from "../kit-mutant.ts";

export default mutant("lists no manifest whose name it cannot read", ["LAYOUT-106"], () => ({}), {
  defaultRepository: null,
});
