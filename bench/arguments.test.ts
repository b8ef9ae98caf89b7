import { expect, test } from 'vitest'
import { parseArguments } from './arguments.ts'
import { asJson, asText, makeRow, median } from './report.ts'

test('bench arguments: a benchmark and its options -> typed, with defaults', () => {
  const defaults = { seed: 1, rounds: 7, json: false, clock: 'wall', peers: true }
  expect(parseArguments(['query'])).toEqual({ bench: 'query', rows: 10_000_000, ...defaults })
  expect(parseArguments(['segment', '--rows', '20_000', '--json', '--no-peers', '--cpu', '--rounds=3'])).toEqual({
    ...{ bench: 'segment', rows: 20_000, seed: 1, rounds: 3, json: true, clock: 'cpu', peers: false },
  })
  expect(parseArguments(['--help'])).toBeUndefined()
  expect(parseArguments([])).toBeUndefined()
})

test('bench arguments: a mistake -> an error that says what was wanted', () => {
  expect(() => parseArguments(['quary'])).toThrow('got quary, want one of ingest, ingest-core, segment, query, memory')
  expect(() => parseArguments(['ingest', '--rate', '10'])).toThrow('--rate: got 10, want an integer from 1000')
  expect(() => parseArguments(['--json'])).toThrow('got none, want one of')
  expect(() => parseArguments(['query', '--rows', 'many'])).toThrow('--rows: got many, want an integer from 1000')
  expect(() => parseArguments(['query', '--fast'])).toThrow('--fast')
})

test('bench report: a ratio -> above 1 where ours is better than the better peer', () => {
  const row = { name: 'n', shape: 's', unit: 'u', ours: 10, hash: undefined }
  expect(makeRow({ ...row, peers: { a: 4, b: 5 } }, 'more').ratio).toBe(2)
  expect(makeRow({ ...row, peers: { a: 40, b: 20 } }, 'less').ratio).toBe(2)
  expect(makeRow({ ...row, peers: {} }, 'more').ratio).toBeUndefined()
  expect([median([3, 1, 2]), median([4, 1, 2, 3])]).toEqual([2, 2.5])
})

test('bench report: a table -> machine, command, a line for each row', () => {
  const rows = [makeRow({ name: 'n', shape: 's', unit: 'u', ours: 10, peers: { a: 4 }, hash: 'abc' }, 'more')]
  const text = asText({ title: 'title', facts: ['a fact'], rows }, 'npm run bench -- x')
  expect(text).toMatch(/^title\nmachine: .*Node \d+\.\d+\.\d+\ncommand: npm run bench -- x\na fact\n/)
  expect(text.trimEnd().split('\n').at(-1)).toBe('n  s      10.0  4.00  u     2.50x  abc')
})

test('bench report: JSON -> every row has all seven fields, null where there is nothing', () => {
  const rows = [makeRow({ name: 'n', shape: 's', unit: 'u', ours: 10, peers: {}, hash: undefined }, 'more')]
  const row = { name: 'n', shape: 's', unit: 'u', ours: 10, peers: {}, ratio: null, hash: null }
  expect(JSON.parse(asJson({ title: 'title', facts: [], rows }))).toEqual([row])
})
