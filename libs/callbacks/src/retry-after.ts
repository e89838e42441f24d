const SECOND_MS = 1_000;
const DAY_MS = 24 * 60 * 60 * SECOND_MS;
/** A receiver may ask us to wait, but not to forget: the schedules' longest step. */
export const MAX_RETRY_AFTER_MS = DAY_MS;

const DELAY_SECONDS = /^-?\d+$/u;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const TIME = String.raw`(?<hours>\d{2}):(?<minutes>\d{2}):(?<seconds>\d{2})`;
const MONTH = `(?<month>${MONTHS.join('|')})`;
/** RFC 9110 §5.6.7: the form that is sent today, and the two obsolete ones that must still be read. */
const HTTP_DATES = [
  new RegExp(String.raw`^[A-Z][a-z]{2}, (?<day>\d{2}) ${MONTH} (?<year>\d{4}) ${TIME} GMT$`, 'u'),
  new RegExp(String.raw`^[A-Z][a-z]{5,8}, (?<day>\d{2})-${MONTH}-(?<year>\d{2}) ${TIME} GMT$`, 'u'),
  new RegExp(String.raw`^[A-Z][a-z]{2} ${MONTH} (?<day>[ \d]\d) ${TIME} (?<year>\d{4})$`, 'u'),
];

/**
 * What a `Retry-After` header asks for (RFC 9110 §10.2.3: whole seconds or an HTTP-date).
 *
 * @returns ms from `nowMs`, from 0 (negative, or past) to 24 h (whatever lies further away); null when there is none or it cannot be read
 */
export function retryAfterMs(header: string | null | undefined, nowMs: number): number | null {
  const text = header?.trim() ?? '';
  const waitMs = DELAY_SECONDS.test(text) ? Number(text) * SECOND_MS : httpDateMs(text, nowMs) - nowMs;
  return Number.isNaN(waitMs) ? null : Math.min(Math.max(waitMs, 0), MAX_RETRY_AFTER_MS);
}

/** @returns ms since the epoch; NaN for what is no HTTP-date. The day's name is not checked: it adds nothing. */
function httpDateMs(text: string, nowMs: number): number {
  for (const format of HTTP_DATES) {
    const parts = format.exec(text)?.groups;
    if (parts !== undefined) return momentOf(parts, nowMs);
  }
  return NaN;
}

function momentOf(parts: Record<string, string>, nowMs: number): number {
  const { day, month, year, hours, minutes, seconds } = parts as Record<'day' | 'month' | 'year' | 'hours' | 'minutes' | 'seconds', string>;
  // A 60th second is a leap second: the next minute.
  if (Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 60) return NaN;
  const fullYear = year.length === 2 ? nearestYear(Number(year), nowMs) : Number(year);
  const midnight = new Date(0);
  // Date.UTC would take the years 0 to 99 for 1900 to 1999.
  midnight.setUTCFullYear(fullYear, MONTHS.indexOf(month), Number(day));
  if (midnight.getUTCDate() !== Number(day)) return NaN;
  return midnight.getTime() + ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * SECOND_MS;
}

/** RFC 9110 §5.6.7: two digits that would lie more than 50 years ahead are the latest such year of the past. */
function nearestYear(twoDigits: number, nowMs: number): number {
  const thisYear = new Date(nowMs).getUTCFullYear();
  const year = thisYear - (thisYear % 100) + twoDigits;
  if (year > thisYear + 50) return year - 100;
  return year <= thisYear - 50 ? year + 100 : year;
}
