/** Tasks for the tests of `background.ts`. */
import { bug, corrupt } from '../../common/errors/errors.ts'

export function double({ numbers }: { numbers: Uint32Array }): { numbers: Uint32Array; sum: number } {
  const doubled = numbers.map((number) => number * 2)
  return { numbers: doubled, sum: doubled.reduce((sum, number) => sum + number, 0) }
}

export function fail({ how }: { how: string }): never {
  if (how === 'corrupt') corrupt({ code: 'SEGMENT_CORRUPT', object: 'o', offset: 3, what: 'w', got: 1, want: 2 })
  if (how === 'bug') bug('broken')
  if (how === 'exit') process.exit(7)
  throw new RangeError('too far')
}

export const notAFunction = 1
