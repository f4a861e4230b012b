/** Numbers and times as people read them. Sizes count in thousands, as files are shown nearly everywhere. */
const LOCALE = 'en-GB';
const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB'] as const;

/** `1.2 MB`; whole bytes below a thousand. */
export function formatSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit > 0 && value < 10 ? 1 : 0;
  const name = unit === 0 && bytes === 1 ? 'byte' : UNITS[unit];
  return `${value.toLocaleString(LOCALE, { maximumFractionDigits: digits })} ${name}`;
}

/** `35 MB/s`. */
export function formatRate(bytesPerSec: number): string {
  return `${formatSize(Math.round(bytesPerSec))}/s`;
}

/** `1 hour`, `7 days`: the largest unit that fits, rounded. */
export function formatDuration(secs: number): string {
  const units = [['day', 86400], ['hour', 3600], ['minute', 60], ['second', 1]] as const;
  const [name, length] = units.find(([, each]) => secs >= each) ?? ['second', 1];
  const count = Math.max(1, Math.ceil(secs / length));
  return `${count} ${name}${count === 1 ? '' : 's'}`;
}

/** `Mon 30 Nov, 14:00` in the reader's own time zone. */
export function formatMoment(unixSecs: number): string {
  return new Intl.DateTimeFormat(LOCALE, {
    weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit',
  }).format(unixSecs * 1000);
}

/** `between 14:00 and 15:00 on Monday 30 November`: the server keeps no finer time. */
export function formatHour(unixSecs: number): string {
  const clock = new Intl.DateTimeFormat(LOCALE, { hour: '2-digit', minute: '2-digit' });
  const day = new Intl.DateTimeFormat(LOCALE, { weekday: 'long', day: 'numeric', month: 'long' });
  const start = unixSecs * 1000;
  return `between ${clock.format(start)} and ${clock.format(start + 3_600_000)} on ${day.format(start)}`;
}
