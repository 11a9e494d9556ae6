/** A horizontal bar: its label, its length in the unit of the axis, and the text at its end. */
export interface Bar {
  label: string;
  value: number;
  text: string;
  /** In the colour of emphasis. */
  isOurs: boolean;
}

export interface Chart {
  title: string;
  subtitle: string;
  /** What is measured, with its unit. */
  axis: string;
  bars: readonly Bar[];
  caption: string;
}

const WIDTH = 800;
const LEFT = 210;
const RIGHT = 130;
const TOP = 76;
const ROW = 36;
const BAR = 22;

const STYLE = `
  svg { --back: #ffffff; --text: #1f2328; --quiet: #59636e; --line: #d1d9e0; --bar: #8c959f; --ours: #0969da }
  @media (prefers-color-scheme: dark) {
    svg { --back: #0d1117; --text: #f0f6fc; --quiet: #9198a1; --line: #3d444d; --bar: #6e7681; --ours: #4493f8 }
  }
  text { font: 14px system-ui, sans-serif; fill: var(--text) }
  .end { paint-order: stroke; stroke: var(--back); stroke-width: 5px }
  .title { font-size: 17px; font-weight: 600 }
  .quiet { font-size: 12px; fill: var(--quiet) }
  .back { fill: var(--back) }
  .bar { fill: var(--bar) }
  .ours { fill: var(--ours) }
  .line { stroke: var(--line) }
`;

/** Draws horizontal bars from zero as an SVG with its own background, for light and dark mode. */
export function drawChart({ title, subtitle, axis, bars, caption }: Chart): string {
  const bottom = TOP + bars.length * ROW;
  const height = bottom + 68;
  const ticks = toTicks(Math.max(...bars.map((bar) => bar.value)));
  const toX = (value: number) => LEFT + (value / (ticks.at(-1) as number)) * (WIDTH - LEFT - RIGHT);

  const grid = ticks.map(
    (tick) =>
      `<line class="line" x1="${toX(tick)}" x2="${toX(tick)}" y1="${TOP}" y2="${bottom}"/>` +
      `<text class="quiet" x="${toX(tick)}" y="${bottom + 18}" text-anchor="middle">${tick.toLocaleString('en')}</text>`,
  );
  const rows = bars.map(({ label, value, text, isOurs }, index) => {
    const top = TOP + index * ROW + (ROW - BAR) / 2;
    const line = top + BAR / 2 + 5;
    return (
      `<text x="${LEFT - 10}" y="${line}" text-anchor="end">${toXml(label)}</text>` +
      `<rect class="${isOurs ? 'ours' : 'bar'}" x="${LEFT}" y="${top}" width="${(toX(value) - LEFT).toFixed(1)}" height="${BAR}"/>` +
      `<text class="end" x="${(toX(value) + 8).toFixed(1)}" y="${line}">${toXml(text)}</text>`
    );
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="title desc">`,
    `<title id="title">${toXml(title)}</title>`,
    `<desc id="desc">${toXml(bars.map(({ label, text }) => `${label}: ${text}`).join('; '))}</desc>`,
    `<style>${STYLE}</style>`,
    `<rect class="back" width="${WIDTH}" height="${height}"/>`,
    `<text class="title" x="16" y="32">${toXml(title)}</text>`,
    `<text class="quiet" x="16" y="54">${toXml(subtitle)}</text>`,
    ...grid,
    ...rows,
    `<text class="quiet" x="${LEFT}" y="${bottom + 36}">${toXml(axis)}</text>`,
    `<text class="quiet" x="16" y="${bottom + 58}">${toXml(caption)}</text>`,
    '</svg>',
    '',
  ].join('\n');
}

/** Round numbers from zero to at least `highest`: three to six of them. */
function toTicks(highest: number): number[] {
  const power = 10 ** Math.floor(Math.log10(highest / 2));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => highest / size <= 5) as number;
  return Array.from({ length: Math.ceil(highest / step) + 1 }, (_, index) => index * step);
}

function toXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
