/**
 * A condition on a column, decided once per dictionary entry instead of once per row: which codes
 * pass, and what is left to ask of numbers.
 *
 * Dictionaries are sorted by canonical bytes, so equality and order are found by bisection; only
 * what looks inside a value (contains, type, paths, times) walks all entries.
 */
import { compareValues } from '../../schema/compare.ts'
import type { Value } from '../../schema/value.ts'
import { firstDictionaryCode, numberCode } from '../../storage/segment/contract.ts'
import { type Comparison, type Condition, holds, type Leaf } from './filter.ts'
import { keepsNumbers, resolve } from './reference.ts'

/** What a row whose code is `numberCode` has to be asked; `undefined`: nothing, `pass[numberCode]` says it. */
export type NumberTest =
  | { readonly op: Comparison | 'eq'; readonly value: number }
  | { readonly op: 'in'; readonly values: ReadonlySet<number> }

export interface CodeTable {
  /** 1 where the code passes. `pass[missingCode]` is 0: no condition holds for a missing value. */
  readonly pass: Uint8Array
  readonly numbers: NumberTest | undefined
  /** A code of the dictionary passes. */
  readonly anyCode: boolean
  /** The codes of the dictionary that pass, when they are few; to skip blocks. */
  readonly fewCodes: readonly number[] | undefined
}

const fewCodesMax = 8

export function codeTable(leaf: Leaf, dictionary: readonly Value[]): CodeTable {
  const pass = new Uint8Array(firstDictionaryCode + dictionary.length)
  const direct = leaf.reference.kind === 'property' && keepsNumbers(leaf.reference)
  if (!direct || !markByOrder(leaf.condition, dictionary, pass)) {
    for (let i = 0; i < dictionary.length; i++) {
      if (holds(leaf.condition, resolve(leaf.reference, dictionary[i]!))) pass[firstDictionaryCode + i] = 1
    }
  }
  const numbers = direct ? numberTest(leaf.condition) : false
  if (numbers === true) pass[numberCode] = 1
  const few: number[] = []
  for (let code = firstDictionaryCode; code < pass.length && few.length <= fewCodesMax; code++) {
    if (pass[code] === 1) few.push(code)
  }
  return {
    pass,
    numbers: typeof numbers === 'boolean' ? undefined : numbers,
    anyCode: few.length > 0,
    fewCodes: few.length <= fewCodesMax ? few : undefined,
  }
}

/** Marks passing entries by bisection; false when the condition has to look at each. */
function markByOrder(condition: Condition, dictionary: readonly Value[], pass: Uint8Array): boolean {
  const mark = (start: number, end: number): void => {
    if (start < end) pass.fill(1, firstDictionaryCode + start, firstDictionaryCode + end)
  }
  switch (condition.op) {
    case 'set':
      mark(0, dictionary.length)
      return true
    case 'eq':
      mark(lowerBound(dictionary, condition.value), upperBound(dictionary, condition.value))
      return true
    case 'in':
      for (const value of condition.values) mark(lowerBound(dictionary, value), upperBound(dictionary, value))
      return true
    case 'lt':
    case 'le':
    case 'gt':
    case 'ge': {
      // Among dictionary entries only strings have an order: from '' up to the first list.
      const { op, value } = condition
      if (typeof value !== 'string') return true
      if (op === 'lt') mark(lowerBound(dictionary, ''), lowerBound(dictionary, value))
      else if (op === 'le') mark(lowerBound(dictionary, ''), upperBound(dictionary, value))
      else mark(op === 'gt' ? upperBound(dictionary, value) : lowerBound(dictionary, value), lowerBound(dictionary, []))
      return true
    }
    default:
      return false
  }
}

/** What the condition makes of numbers: all pass, none does, or a test. */
function numberTest(condition: Condition): boolean | NumberTest {
  switch (condition.op) {
    case 'set':
      return true
    case 'type':
      return condition.type === 'number'
    case 'contains':
      return false
    case 'in': {
      const values = condition.values.filter((value) => typeof value === 'number')
      return values.length > 0 && { op: 'in', values: new Set(values) }
    }
    default:
      return typeof condition.value === 'number' && { op: condition.op, value: condition.value }
  }
}

/** Index of the first entry that is not before `value`. */
function lowerBound(dictionary: readonly Value[], value: Value): number {
  let [low, high] = [0, dictionary.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (compareValues(dictionary[middle]!, value) < 0) low = middle + 1
    else high = middle
  }
  return low
}

/** Index of the first entry after `value`. */
function upperBound(dictionary: readonly Value[], value: Value): number {
  const at = lowerBound(dictionary, value)
  return at < dictionary.length && compareValues(dictionary[at]!, value) === 0 ? at + 1 : at
}

/** True when a block with numbers from `min` to `max` can hold one that passes. */
export function mayPass(test: NumberTest, min: number, max: number): boolean {
  switch (test.op) {
    case 'eq':
      return test.value >= min && test.value <= max
    case 'in':
      for (const value of test.values) {
        if (value >= min && value <= max) return true
      }
      return false
    case 'lt':
      return min < test.value
    case 'le':
      return min <= test.value
    case 'gt':
      return max > test.value
    case 'ge':
      return max >= test.value
  }
}

/** Sets bit `at + i` where `numbers[i]` passes; NaN never does. Other bits are left. */
export function setWhereNumber(bits: Uint32Array, at: number, { test, numbers, count }: PassingNumbers): void {
  if (test.op === 'in') {
    for (let i = 0; i < count; i++) {
      if (test.values.has(numbers[i]!)) bits[(at + i) >>> 5]! |= 1 << (at + i)
    }
    return
  }
  const [low, high] = interval(test)
  for (let i = 0; i < count; ) {
    const row = at + i
    const width = Math.min(32 - (row & 31), count - i)
    let word = 0
    for (let k = 0; k < width; k++) {
      const number = numbers[i + k]!
      word |= (number >= low && number <= high ? 1 : 0) << k
    }
    bits[row >>> 5]! |= word << (row & 31)
    i += width
  }
}

export interface PassingNumbers {
  readonly test: NumberTest
  readonly numbers: Float64Array
  readonly count: number
}

const double = new Float64Array(1)
const words = new BigInt64Array(double.buffer)

/** The closed interval of doubles that pass; one loop then serves all comparisons. */
function interval(test: { readonly op: Comparison | 'eq'; readonly value: number }): [number, number] {
  switch (test.op) {
    case 'eq':
      return [test.value, test.value]
    case 'lt':
      return [Number.NEGATIVE_INFINITY, -nextUp(-test.value)]
    case 'le':
      return [Number.NEGATIVE_INFINITY, test.value]
    case 'gt':
      return [nextUp(test.value), Number.POSITIVE_INFINITY]
    case 'ge':
      return [test.value, Number.POSITIVE_INFINITY]
  }
}

/** The least double above a finite one. */
function nextUp(value: number): number {
  if (value === 0) return Number.MIN_VALUE
  double[0] = value
  words[0] = words[0]! + (value > 0 ? 1n : -1n)
  return double[0]
}
