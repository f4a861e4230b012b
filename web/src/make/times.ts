/** The times that are offered to choose from. */
import type { ServerConfig } from '../vault';

const TIMES_OFFERED = [3600, 86400, 7 * 86400, 30 * 86400];

/** Seconds, ascending, within what the server allows. */
export function timesFor(config: ServerConfig | null): number[] {
  if (config === null) return TIMES_OFFERED;
  const { expiresInSecsMin: min, expiresInSecsMax: max, expiresInSecsDefault: usual } = config;
  const offered = new Set([...TIMES_OFFERED.filter((each) => each >= min && each <= max), usual]);
  // A server whose bounds lie between ours still offers its own longest time.
  if (!TIMES_OFFERED.includes(max) && max < (TIMES_OFFERED.at(-1) ?? 0)) offered.add(max);
  return [...offered].sort((a, b) => a - b);
}
