import { mutant } from "../kit-mutant.ts";

export default mutant("follows links wherever they lead", ["LAYOUT-35", "LAYOUT-47"], () => ({}), {
  followSymlinks: true,
});
