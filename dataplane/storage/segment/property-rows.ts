/**
 * One property of a slice, moved from arrival order to the rows of each stripe, with the dictionary's codes.
 *
 * Does not: encode (`property-column.ts`).
 */
import { numberCode, type PropertyRows } from './contract.ts'

/** The property in one stripe where it occurs. */
export interface StripeProperty {
  readonly stripe: number
  /** A code per row, 0 = missing. */
  readonly codes: Uint32Array
  /** A double per row, where the code is 1. */
  readonly numbers: Float64Array | undefined
}

/** Where the rows of a slice go. */
export interface RowPlaces {
  /** Position of each row (by arrival) in the order of the slice. */
  readonly position: Uint32Array
  /** Stripe of each row (by arrival). */
  readonly stripe: Uint32Array
  /** First position of each stripe, and after the last one the number of rows. */
  readonly stripeStart: Uint32Array
}

/** The stripes in which `property` occurs, ascending. `recode`: the dictionary's code per code of the rows. */
export function spreadProperty(property: PropertyRows, recode: Uint32Array, places: RowPlaces): StripeProperty[] {
  const { rows, codes, numbers } = property
  const { position, stripe, stripeStart } = places
  const stripes = stripeStart.length - 1
  const codesOf = new Array<Uint32Array | undefined>(stripes)
  const numbersOf = new Array<Float64Array | undefined>(stripes)
  for (let entry = 0; entry < codes.length; entry++) {
    const row = rows === undefined ? entry : rows[entry]
    const target = stripe[row]
    const size = stripeStart[target + 1] - stripeStart[target]
    const at = position[row] - stripeStart[target]
    let targetCodes = codesOf[target]
    if (targetCodes === undefined) {
      targetCodes = new Uint32Array(size)
      codesOf[target] = targetCodes
    }
    targetCodes[at] = recode[codes[entry]]
    if (codes[entry] !== numberCode) continue
    let targetNumbers = numbersOf[target]
    if (targetNumbers === undefined) {
      targetNumbers = new Float64Array(size)
      numbersOf[target] = targetNumbers
    }
    targetNumbers[at] = numbers === undefined ? 0 : numbers[entry]
  }
  const out: StripeProperty[] = []
  for (let i = 0; i < stripes; i++) {
    const present = codesOf[i]
    if (present !== undefined) out.push({ stripe: i, codes: present, numbers: numbersOf[i] })
  }
  return out
}
