/** Kubernetes quantities of bytes as numbers: `10Gi`, `500M`, `1024`. */
import { bug } from '../../common/errors/errors.ts'

const factors: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
}

/** Throws `BugError` for what the schema does not let through. */
export function bytesOf(quantity: string | number): number {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)([a-zA-Z]{0,2})$/.exec(String(quantity)) ?? []
  const factor = factors[unit ?? '?']
  if (digits === undefined || factor === undefined) return bug(`got ${quantity}, want a quantity of bytes as 10Gi`)
  return Math.ceil(Number(digits) * factor)
}
