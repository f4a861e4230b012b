/** Sizes and times as people of a `locale` (BCP 47) read them. Sizes count in thousands, as files are shown nearly everywhere. */
const SIZE_UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;
const TIME_UNITS = [['day', 86400], ['hour', 3600], ['minute', 60], ['second', 1]] as const;

/** `1.2 MB`, which no line breaks; whole bytes below a thousand. */
export function formatSize(bytes: number, locale: string): string {
  return withUnit(bytes, '', locale);
}

/** `35 MB/s`. */
export function formatRate(bytesPerSec: number, locale: string): string {
  return withUnit(Math.round(bytesPerSec), '-per-second', locale);
}

/** `1 hour`, `7 days`: the largest unit that fits, rounded up. */
export function formatDuration(secs: number, locale: string): string {
  const [count, unit] = inUnits(secs);
  return new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long' }).format(count);
}

/** `in 1 hour`, `in 7 days`. */
export function formatWhen(secs: number, locale: string): string {
  const [count, unit] = inUnits(secs);
  return new Intl.RelativeTimeFormat(locale).format(count, unit);
}

/** `25%`. */
export function formatPercent(percent: number, locale: string): string {
  return new Intl.NumberFormat(locale, { style: 'percent' }).format(percent / 100);
}

/** `Mon 30 Nov, 14:00` in the reader's own time zone. */
export function formatMoment(unixSecs: number, locale: string): string {
  return new Intl.DateTimeFormat(locale, {
    weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit',
  }).format(unixSecs * 1000);
}

/** `14:00`, `15:00` and `Monday 30 November`: the hour that `unixSecs` begins. */
export function partsOfHour(unixSecs: number, locale: string): { from: string; to: string; day: string } {
  const clock = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit' });
  const day = new Intl.DateTimeFormat(locale, { weekday: 'long', day: 'numeric', month: 'long' });
  const start = unixSecs * 1000;
  return { from: clock.format(start), to: clock.format(start + 3_600_000), day: day.format(start) };
}

function inUnits(secs: number): [number, (typeof TIME_UNITS)[number][0]] {
  const [unit, length] = TIME_UNITS.find(([, each]) => secs >= each) ?? (['second', 1] as const);
  return [Math.max(1, Math.ceil(secs / length)), unit];
}

function withUnit(bytes: number, per: string, locale: string): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < SIZE_UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return new Intl.NumberFormat(locale, {
    style: 'unit',
    unit: `${SIZE_UNITS[unit] ?? 'byte'}${per}`,
    // The short form of a byte is, in some languages, no form at all.
    unitDisplay: unit === 0 ? 'long' : 'short',
    maximumFractionDigits: unit > 0 && value < 10 ? 1 : 0,
  }).format(value).replaceAll(' ', '\u00a0');
}
