/** A sample of a scrape. */
export interface Sample {
  /** With its suffix: `_total`, `_bucket`, `_sum`, `_count`. */
  name: string;
  labels: Readonly<Record<string, string>>;
  value: number;
}

/** The samples of a process's metrics. */
export interface Scrape {
  contentType: string | null;
  samples: readonly Sample[];
  /** The value of the sample with at least these labels; undefined if there is none. */
  value(name: string, labels?: Readonly<Record<string, string>>): number | undefined;
}

/** Scrapes the metrics at a URL, and parses them as OpenMetrics. @throws for a line that is not of the format */
export async function scrape(url: string): Promise<Scrape> {
  const response = await fetch(url);
  const lines = (await response.text()).split('\n');
  if (lines.pop() !== '' || lines.pop() !== '# EOF') throw new Error('OpenMetrics end with # EOF and a line feed.');
  const samples = lines.filter((line) => !/^# (?:HELP|TYPE|UNIT) \S/.test(line)).map(toSample);
  return {
    contentType: response.headers.get('content-type'),
    samples,
    value: (name, labels = {}) =>
      samples.find(
        (sample) =>
          sample.name === name && Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
      )?.value,
  };
}

function toSample(line: string): Sample {
  const [, name = '', given = '', value = ''] = /^([a-z_0-9]+)(?:\{(.*)\})? (\S+)$/i.exec(line) ?? [];
  if (name === '') throw new Error(`Expected a sample, got ${line}`);
  const labels = [...given.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"(?:,|$)/g)].map(([, label, text]) => [label, text]);
  return { name, labels: Object.fromEntries(labels), value: Number(value) };
}
