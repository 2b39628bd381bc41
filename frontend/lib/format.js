// Numbers, money, dates and durations as the reader's locale writes them. The server's times are UTC; here they are local,
// but for those that mean a day: a due date is the last second of a day in the zone of the server.

const locale = () => {
  const { lang } = document.documentElement;
  return navigator.languages.find((tag) => tag.startsWith(lang)) ?? lang;
};
const ZONE = document.querySelector("meta[name=rollcall-timezone]")?.content || "UTC";
const kept = new Map();

function formatter(kind, options) {
  const key = `${kind.name} ${JSON.stringify(options)}`;
  if (!kept.has(key)) kept.set(key, new kind(locale(), options));
  return kept.get(key);
}

export const number = (value) => (value === null || value === undefined ? "–" : formatter(Intl.NumberFormat, {}).format(value));
/** `66.67` as "66 %", or with `digits` decimal places; the API's percentages are 0 to 100. Cut, so that 99.6 is not 100. */
export const percent = (value, digits = 0) =>
  value === null || value === undefined ? "–" : formatter(Intl.NumberFormat, { style: "percent", minimumFractionDigits: digits, maximumFractionDigits: digits, roundingMode: digits ? "halfExpand" : "floor" }).format(value / 100);
/** A rating with one decimal place: "4.2". */
export const rating = (value) => formatter(Intl.NumberFormat, { minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(value);
/**
 * `{amount: "149.00", currency: "USD"}` as "$149.00". From right to left the whole is isolated from its sentence, and a sign
 * with letters keeps its own order: without that, "US$" is drawn as "$US".
 */
export function money({ amount, currency }) {
  const parts = formatter(Intl.NumberFormat, { style: "currency", currency }).formatToParts(amount);
  if (document.documentElement.dir !== "rtl") return parts.map(({ value }) => value).join("");
  return isolated(parts.map(({ type, value }) => (type === "currency" && /[A-Z]/.test(value) ? `\u2066${value}\u2069` : value)).join(""));
}

/** Days ("2026-12-31") have no zone and are read as they stand; times are shown in the reader's zone. */
const parse = (value) => (value.length === 10 ? new Date(`${value}T00:00`) : new Date(value));

export const day = (value) => (value ? formatter(Intl.DateTimeFormat, { dateStyle: "medium" }).format(parse(value)) : "–");
/** The day that a due date means, wherever the reader is. */
export const dueDay = (value) => (value?.length > 10 ? formatter(Intl.DateTimeFormat, { dateStyle: "medium", timeZone: ZONE }).format(parse(value)) : day(value));
export const time = (value) => (value ? formatter(Intl.DateTimeFormat, { dateStyle: "medium", timeStyle: "short" }).format(parse(value)) : "–");
const EXACT = { year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", timeZoneName: "short" };
export const zoned = (value) => formatter(Intl.DateTimeFormat, EXACT).format(parse(value));
/** A due date with its time and zone, as mails say it: "31 Dec 2026, 23:59 UTC". */
export const dueTime = (value) => formatter(Intl.DateTimeFormat, { ...EXACT, timeZone: ZONE }).format(parse(value));

/** A month ("2026-11") as "Nov 2026", or "Nov". */
export const month = (value, isShort = false) =>
  formatter(Intl.DateTimeFormat, isShort ? { month: "short" } : { month: "short", year: "numeric" }).format(new Date(`${value}-01T00:00`));

const UNITS = [["year", 31536000], ["month", 2592000], ["day", 86400], ["hour", 3600], ["minute", 60]];
/** "in 3 days", "2 hours ago". */
export function ago(value, now = Date.now()) {
  const seconds = (parse(value) - now) / 1000;
  const [unit, size] = UNITS.find(([, each]) => Math.abs(seconds) >= each) ?? ["minute", 60];
  return formatter(Intl.RelativeTimeFormat, { numeric: "auto" }).format(Math.trunc(seconds / size), unit);
}

/** Days from now to a time, begun ones included, or from today to a day; negative once it has passed. */
export const daysUntil = (value) => (value.length === 10 ? (Date.parse(value) - Date.parse(today())) / 86400000 : Math.ceil((parse(value) - Date.now()) / 86400000));

/** The day that it is in the zone of the server, such as "2026-12-31". */
const today = () => new Intl.DateTimeFormat("en-CA", { dateStyle: "short", timeZone: ZONE }).format();

/** 2460 seconds as "41 min", 5400 as "1 hr 30 min", 90 as "1 min 30 sec": below ten minutes, seconds count. */
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return "";
  const whole = Math.round(seconds);
  const isExact = whole < 600 && whole % 60 > 0;
  const minutes = isExact ? Math.floor(whole / 60) : Math.round(whole / 60);
  const parts = [[Math.floor(minutes / 60), "hour"], [minutes % 60, "minute"], [isExact ? whole % 60 : 0, "second"]].filter(([value]) => value > 0);
  const unit = (value, name) => formatter(Intl.NumberFormat, { style: "unit", unit: name, unitDisplay: "short" }).format(value);
  return parts.length ? parts.map(([value, name]) => unit(value, name)).join(" ") : unit(0, "minute");
}

/** 218000000 bytes as "218 MB". */
export function size(bytes) {
  const [unit, by] = [["gigabyte", 1e9], ["megabyte", 1e6], ["kilobyte", 1e3], ["byte", 1]].find(([, each]) => bytes >= each) ?? ["byte", 1];
  return formatter(Intl.NumberFormat, { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: by > 1e3 ? 1 : 0 }).format(bytes / by);
}

/** A name or title inside a sentence, whatever its direction. */
export const isolated = (text) => `\u2068${text}\u2069`;

export const list = (parts) => formatter(Intl.ListFormat, { type: "conjunction" }).format(parts);
