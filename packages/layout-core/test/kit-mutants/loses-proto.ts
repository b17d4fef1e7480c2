import { after, editIndexText, mutant } from "../kit-mutant.ts";

export default mutant("loses members called __proto__", ["LAYOUT-20"], (whole, directory) =>
  after(whole, ["pushManifest"], () => {
    editIndexText(directory, (text) => text.replaceAll('"__proto__"', '"proto"'));
  }),
);
