/** Quantities of Kubernetes (`250m`, `1Gi`, `2e3`) as numbers. Pure. */

const factors: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
}

/** NaN for text that is no quantity. */
export function quantity(text: string | number): number {
  const match = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)([numkMGTPE]?i?)$/.exec(String(text))
  const factor = match === null ? undefined : factors[match[2]!]
  return match === null || factor === undefined ? Number.NaN : Number(match[1]) * factor
}
