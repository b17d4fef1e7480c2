import { after, editIndexText, mutant } from "../kit-mutant.ts";

export default mutant("writes the paths of other systems as its own", ["LAYOUT-62"], (whole, directory) =>
  after(whole, ["pushManifest"], () => {
    editIndexText(directory, (text) => text.replaceAll("\\\\", "/"));
  }),
);
