/** A line of a chart. */
export interface Series {
  readonly name: string;
  /** In microseconds, one for each number of entries. */
  readonly values: readonly number[];
}

const WIDTH = 760;
const HEIGHT = 400;
const LEFT = 70;
const RIGHT = 540;
const TOP = 20;
const BOTTOM = 350;
/** The range of the vertical axis: powers of ten, in microseconds. */
const DECADES = [0, 6] as const;
const COLORS = ["#b33f00", "#005a9c", "#5b7f00", "#7a3e9d", "#00787a"];
/** The least distance between two names, in pixels. */
const LINE = 16;

/** Draws times against numbers of entries as SVG, on logarithmic axes. */
export function drawChart(counts: readonly number[], series: readonly Series[]): string {
  const [least, most] = DECADES;
  const x = (at: number): number => LEFT + ((RIGHT - LEFT) * at) / (counts.length - 1);
  const y = (us: number): number =>
    BOTTOM - ((BOTTOM - TOP) * (Math.log10(Math.max(us, 1)) - least)) / (most - least);
  const grid = ["1 µs", "10 µs", "100 µs", "1 ms", "10 ms", "100 ms", "1 s"].map((label, power) => {
    const height = y(10 ** power).toFixed(1);
    return (
      `<path d="M${LEFT} ${height}H${RIGHT}" stroke="#ddd"/>` +
      `<text x="${LEFT - 8}" y="${height}" text-anchor="end" dominant-baseline="middle">${label}</text>`
    );
  });
  const axis = counts.map(
    (count, at) =>
      `<text x="${x(at)}" y="${BOTTOM + 22}" text-anchor="middle">${count.toLocaleString("en")} entries</text>`,
  );
  const names = placeNames(series.map(({ values }) => y(values.at(-1) ?? 1)));
  const lines = series.map(({ name, values }, at) => {
    const color = COLORS[at % COLORS.length] ?? "#000";
    const points = values.map((us, place) => `${x(place)},${y(us).toFixed(1)}`);
    const dots = points.map((point) => {
      const [left, top] = point.split(",");
      return `<circle cx="${left}" cy="${top}" r="3" fill="${color}"/>`;
    });
    return (
      `<polyline points="${points.join(" ")}" fill="none" stroke="${color}" stroke-width="2"/>${dots.join("")}` +
      `<text x="${RIGHT + 12}" y="${names[at]?.toFixed(1)}" fill="${color}" dominant-baseline="middle">${name}</text>`
    );
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="13">`,
    "<title>The time of an operation against the number of entries of the index</title>",
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    ...grid,
    ...axis,
    ...lines,
    "</svg>",
    "",
  ].join("\n");
}

/** Moves names apart that would overlap. */
function placeNames(heights: readonly number[]): number[] {
  const placed: number[] = [];
  const order = heights.map((height, at) => ({ height, at })).sort((a, b) => a.height - b.height);
  let least = -Infinity;
  for (const { height, at } of order) {
    least = Math.max(height, least + LINE);
    placed[at] = least;
  }
  return placed;
}
