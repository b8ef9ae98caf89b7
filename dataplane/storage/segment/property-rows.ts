/**
 * One property of a slice, moved from arrival order to the rows of each stripe, with the dictionary's codes.
 *
 * Does not: encode (`property-column.ts`).
 */
import { numberCode, type PropertyRows } from './contract.ts'

/** The property in one stripe where it occurs. */
export interface StripeProperty {
  readonly stripe: number
  /** Rows of the stripe. */
  readonly size: number
  /** Rows that carry it, ascending; `undefined`: there is an entry for every row, with code 0 where it is missing. */
  readonly rows: Uint32Array | undefined
  /** A code per entry. */
  readonly codes: Uint32Array
  /** A double per entry, where the code is 1; `undefined` when no code is. */
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

/** A stripe with fewer entries than one in so many rows gets a list of them: ten thousand rare properties must not cost a column each. */
const sparseShare = 16

/** The stripes in which `property` occurs, ascending. `recode`: the dictionary's code per code of the rows. */
export function spreadProperty(property: PropertyRows, recode: Uint32Array, places: RowPlaces): StripeProperty[] {
  const { rows, codes, numbers } = property
  const { position, stripe, stripeStart } = places
  const drafts = countEntries(property, places)
  for (let entry = 0; entry < codes.length; entry++) {
    const row = rows === undefined ? entry : rows[entry]
    const draft = drafts[stripe[row]]!
    const at = position[row] - stripeStart[draft.stripe]
    const place = draft.rows === undefined ? at : draft.filled++
    if (draft.rows !== undefined) draft.rows[place] = at
    draft.codes[place] = recode[codes[entry]]
    if (codes[entry] !== numberCode) continue
    draft.numbers ??= new Float64Array(draft.codes.length)
    draft.numbers[place] = numbers === undefined ? 0 : numbers[entry]
  }
  return drafts
    .filter((draft) => draft !== undefined)
    .map((draft) => (draft.rows === undefined ? draft : sorted(draft)))
}

interface Draft {
  readonly stripe: number
  readonly size: number
  readonly rows: Uint32Array | undefined
  readonly codes: Uint32Array
  numbers: Float64Array | undefined
  filled: number
}

function countEntries({ rows, codes }: PropertyRows, { stripe, stripeStart }: RowPlaces): (Draft | undefined)[] {
  const stripes = stripeStart.length - 1
  const counts = new Uint32Array(stripes)
  if (rows === undefined) for (let i = 0; i < stripes; i++) counts[i] = stripeStart[i + 1] - stripeStart[i]
  else for (let entry = 0; entry < codes.length; entry++) counts[stripe[rows[entry]]]++
  return Array.from(counts, (count, i) => {
    if (count === 0) return undefined
    const size = stripeStart[i + 1] - stripeStart[i]
    const sparse = count * sparseShare < size
    const codesOf = new Uint32Array(sparse ? count : size)
    const rowsOf = sparse ? new Uint32Array(count) : undefined
    return { stripe: i, size, rows: rowsOf, codes: codesOf, numbers: undefined, filled: 0 }
  })
}

/** Entries come in the order of arrival; a column has them by row. */
function sorted(draft: Draft): StripeProperty {
  const rows = draft.rows!
  const order = new Uint32Array(rows.length).map((_, i) => i).sort((a, b) => rows[a] - rows[b])
  const { numbers } = draft
  return {
    stripe: draft.stripe,
    size: draft.size,
    rows: order.map((entry) => rows[entry]),
    codes: order.map((entry) => draft.codes[entry]),
    numbers: numbers === undefined ? undefined : Float64Array.from(order, (entry) => numbers[entry]),
  }
}
