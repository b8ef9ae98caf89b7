/**
 * Skewed choices as lookup tables: one random word, one read.
 *
 * Weights use only division, multiplication and square roots, which IEEE 754 rounds alike everywhere
 * (`Math.pow` and `Math.log` are not that strictly defined), so tables are the same on every machine.
 */
import type { Prng } from './prng.ts'

/** A table of 2^bits slots; slot `i` holds the index of its choice. */
export interface WeightedTable {
  readonly slots: Uint32Array
  readonly shift: number
}

/** Every choice gets slots in proportion to its weight, rounded on the running sum; a weight below half a slot may get none. */
export function weightedTable(weights: readonly number[], bits = 16): WeightedTable {
  const slots = new Uint32Array(2 ** bits)
  let total = 0
  for (const weight of weights) total += weight
  let sum = 0
  let start = 0
  for (let choice = 0; choice < weights.length; choice++) {
    sum += weights[choice]
    const end = choice === weights.length - 1 ? slots.length : Math.round((sum / total) * slots.length)
    slots.fill(choice, start, end)
    start = end
  }
  return { slots, shift: 32 - bits }
}

export function choose(table: WeightedTable, prng: Prng): number {
  return table.slots[prng.word() >>> table.shift]
}

/** Weights 1, 1/2, 1/3 ...: Zipf's law with exponent 1. */
export function zipf(count: number): number[] {
  return Array.from({ length: count }, (_, i) => 1 / (i + 1))
}

/** Weights k^(-3/4): skewed, with a long tail. */
export function longTail(count: number): number[] {
  return Array.from({ length: count }, (_, i) => 1 / (Math.sqrt(i + 1) * Math.sqrt(Math.sqrt(i + 1))))
}

/** Weights of 1, 2, 3 ... `max` trials, each stopping with chance 1 / mean. */
export function geometric(mean: number, max: number): number[] {
  const weights = [1]
  for (let i = 1; i < max; i++) weights.push(weights[i - 1] * (1 - 1 / mean))
  return weights
}
