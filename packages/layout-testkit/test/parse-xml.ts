import { SaxesParser } from "saxes";

/** An XML element. */
export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly Element[];
  /** Its text, without that of its children. */
  readonly text: string;
}

/** Parses an XML document. Throws if it is not well-formed. */
export function parseXml(xml: string): Element {
  const document = { name: "", attributes: {}, children: [] as Element[], text: "" };
  const open = [document];
  const parser = new SaxesParser();
  parser.on("error", (error) => {
    throw error;
  });
  parser.on("opentag", ({ name, attributes }) => {
    const element = { name, attributes: { ...attributes }, children: [], text: "" };
    open.at(-1)?.children.push(element);
    open.push(element);
  });
  parser.on("text", (text) => {
    const element = open.at(-1);
    if (element !== undefined) element.text += text;
  });
  parser.on("closetag", () => void open.pop());
  parser.write(xml).close();
  const [root] = document.children;
  if (root === undefined) throw new Error("an empty document");
  return root;
}
