import { scanMembers, skipSpace } from "@ocilayout/oci-types/authors";

/**
 * Returns the object `text` with its member `key` set to the JSON text `value`, or without that member. The rest keeps
 * every byte. Of duplicate members, for which parsers use the last one, only one is left.
 */
export function setMember(text: string, key: string, value: string | undefined): string {
  const { spans, closing } = scanMembers(text, skipSpace(text, 0));
  const kept = spans.filter((span) => span.key !== key);
  const last = spans.findLast((span) => span.key === key);
  const parts = kept.map((span) => ({ at: span.start, text: text.slice(span.start, span.end) }));
  if (value !== undefined)
    parts.push({ at: last?.start ?? closing, text: `${JSON.stringify(key)}:${value}` });
  parts.sort((a, b) => a.at - b.at);
  const first = spans[0];
  const head = text.slice(0, first?.start ?? closing);
  const second = spans[1];
  const gap = first === undefined || second === undefined ? "," : text.slice(first.end, second.start);
  const tail = text.slice(spans.at(-1)?.end ?? closing);
  return `${head}${parts.map((part) => part.text).join(gap)}${tail}`;
}
