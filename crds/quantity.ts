/**
 * Quantities as Kubernetes writes them: `50Gi`, `512Mi`, `250m`, `2`. No exponents, no sign. Longer
 * numbers than the kinds accept are read too: a claim may be written by others, in bytes.
 */
import { UserError } from '../common/errors/errors.ts'

const multiples: Readonly<Record<string, bigint>> = {
  '': 1n,
  k: 10n ** 3n,
  M: 10n ** 6n,
  G: 10n ** 9n,
  T: 10n ** 12n,
  P: 10n ** 15n,
  Ki: 1n << 10n,
  Mi: 1n << 20n,
  Gi: 1n << 30n,
  Ti: 1n << 40n,
  Pi: 1n << 50n,
}

const form = /^([0-9]{1,18})(?:\.([0-9]{1,3}))?(m|k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?$/

/** Thousandths of the unit (bytes or cores), exact. Throws `UserError` `KIND_INVALID` for another form. */
export function thousandths(quantity: string | number): bigint {
  const match = form.exec(String(quantity))
  if (match === null) {
    throw new UserError(
      'KIND_INVALID',
      `quantity: got ${JSON.stringify(quantity)}, want one like 50Gi, 512Mi, 250m or 2`,
    )
  }
  const [, whole, fraction = '', unit = ''] = match
  const value = BigInt(whole!) * 1000n + BigInt(fraction.padEnd(3, '0'))
  return unit === 'm' ? value / 1000n : value * multiples[unit]!
}

/** Whole bytes, rounded up. Exact below 2^53. Throws as `thousandths`. */
export function bytesOf(quantity: string | number): number {
  return Number((thousandths(quantity) + 999n) / 1000n)
}

/** Negative, zero or positive as `a` is less than, equal to or more than `b`. */
export function compareQuantities(a: string | number, b: string | number): number {
  const difference = thousandths(a) - thousandths(b)
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
}
