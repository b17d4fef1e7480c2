/**
 * Returns a copy of `object` with some members set, or removed if their value is `undefined`. A member keeps its place, and
 * new members come last. As in every JavaScript object, names that are integers come first.
 */
export function changeMembers<Shape extends object>(
  object: Shape,
  changes: Iterable<readonly [name: string, value: unknown]>,
): Shape {
  const members: Map<string, unknown> = new Map(Object.entries(object));
  for (const [name, value] of changes) {
    if (value === undefined) members.delete(name);
    else members.set(name, value);
  }
  // Unlike an assignment, this creates a member called `__proto__`.
  return Object.fromEntries(members) as Shape;
}
