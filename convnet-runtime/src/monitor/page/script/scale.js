// Scales: numbers to pixels, and the ticks of an axis.

/** The largest of 1, 2 and 5 times a power of ten that divides a range into at least `count` parts. */
function tickStep(range, count) {
  const rough = range / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * ([5, 2, 1].find((factor) => factor * power <= rough * (1 + 1e-9)) ?? 1);
}

/** Round numbers from `low` to `high`. */
function linearTicks(low, high, count) {
  const step = tickStep(high - low, count);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** Powers of ten from `low` to `high`, fewer if there are many, and 2 and 5 between them if there are few. */
function logTicks(low, high, count) {
  const [first, last] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
  const step = Math.max(1, Math.ceil((last - first) / count));
  const decades = Math.log10(high / low);
  const factors = decades <= 1 ? [1, 2, 3, 5, 7] : decades <= 2.5 ? [1, 2, 5] : [1];
  const ticks = [];
  for (let exponent = first; exponent <= last; exponent += step) {
    ticks.push(...factors.map((factor) => Number((factor * 10 ** exponent).toPrecision(12))));
  }
  return ticks.filter((tick) => tick >= low * (1 - 1e-9) && tick <= high * (1 + 1e-9));
}

/** Smallest and largest of the finite numbers; of those above 0 for a logarithmic scale. */
function extent(values, log = false) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (!Number.isFinite(value) || (log && value <= 0)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return low <= high ? [low, high] : null;
}

/** A range that is not empty, with some room at its ends. */
function withRoom([low, high], log, room = 0.04) {
  if (log) {
    const factor = low === high ? 2 : (high / low) ** room;
    return [low / factor, high * factor];
  }
  const more = low === high ? Math.max(Math.abs(low) / 2, 1e-6) : (high - low) * room;
  return [low - more, high + more];
}

/** A scale from numbers to pixels. */
function scale({ domain: [low, high], range: [from, to], log = false, ticks = 5 }) {
  const place = log ? Math.log10 : (value) => value;
  const [a, b] = [place(low), place(high)];
  return {
    at: (value) => from + ((place(value) - a) / (b - a)) * (to - from),
    shows: (value) => Number.isFinite(value) && (!log || value > 0),
    ticks: log ? logTicks(low, high, ticks) : linearTicks(low, high, ticks),
    label: (value) => show(value, 6),
  };
}
