import { stripVTControlCharacters } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { FunnelQuery, Query, Result, RetentionQuery, SegmentationQuery } from '../../oracle/query.ts'
import { answerPicture } from './answer.ts'
import { barOf, sparkline } from './blocks.ts'
import { colourInk } from './ink.ts'
import { durationText, grouped, percent } from './numbers.ts'
import { progressLine } from './progress.ts'
import { styleFor } from './style.ts'
import { fitted, shortened, widthOf } from './width.ts'

const from = Date.UTC(2026, 0, 1)
const day = 86_400_000
const range = { project: 'p', from, to: from + 3 * day }
const plain = (columns: number) => styleFor({ isTerminal: true, columns, noColour: '1' })

function draw(query: Query, result: Result, columns = 60): string {
  const answer = { result, cost: { rowsScanned: 1234 } }
  return answerPicture(plain(columns), { question: { title: 'a title', query }, answer, difference: undefined, ms: 12 })
}

const segmentation: SegmentationQuery = { ...range, type: 'segmentation', select: {}, measure: 'unique', unit: 'day' }
const group = (value: string, ...values: number[]) => {
  const total = values.reduce((a, b) => a + b, 0)
  return { key: [{ value }], events: total, values, total }
}
const groups = (names: readonly string[]) => ({
  buckets: [from, from + day, from + 2 * day],
  groups: names.map((name, i) => group(name, 2 + i, 2, 0)),
  other: { groups: 2, events: 90, values: [30, 30, 30], total: 90 },
  overall: { events: 100, values: [40, 30, 30], total: 1100 },
})

describe('pictures', () => {
  test('pictures: a segmentation -> bars by length, a sparkline a row, what is left over', () => {
    expect(draw(segmentation, groups(['🦦 otter', 'DE', '日本']))).toBe(
      [
        'a title',
        '  日本      ████████████████████████████████████     6  █▄',
        '  DE        ██████████████████████████████           5  █▆',
        '  🦦 otter  ████████████████████████                 4  ██',
        '  2 more    ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░    90  ███',
        '  all                                            1,100  █▆▆',
        '  2026-01-01 to 2026-01-03; one block is a day',
        '  ✓ equal to the oracle · 12 ms · 1,234 rows read',
      ].join('\n'),
    )
  })

  test('pictures: a funnel -> a bar a step, who goes on and who stops between them', () => {
    const query: FunnelQuery = {
      ...range,
      type: 'funnel',
      steps: [{ events: ['Look'] }, { events: ['Buy', 'Rent'] }, {}],
    }
    expect(draw(query, { steps: [{ users: 1000 }, { users: 250 }, { users: 0 }] })).toBe(
      [
        'a title',
        '  1 Look         ███████████████████████████ 1,000  100.0 %',
        '                 ↓ 25.0 % go on, 750 stop',
        '  2 Buy or Rent  ██████▊                       250   25.0 %',
        '                 ↓ 0.0 % go on, 250 stop',
        '  3 anything                                     0    0.0 %',
        '  ✓ equal to the oracle · 12 ms · 1,234 rows read',
      ].join('\n'),
    )
  })

  test('pictures: a retention -> a row a cohort with users, a column an interval, blanks for what is yet to come', () => {
    const query: RetentionQuery = { ...range, type: 'retention', birth: {}, return: {}, unit: 'day', count: 3 }
    const cohorts = [
      { start: from, users: 10, retained: [10, 6, 3, 0] },
      { start: from + day, users: 0, retained: [0, 0, 0, 0] },
      { start: from + 2 * day, users: 4, retained: [1, 0, 0, 0] },
    ]
    expect(draw(query, { cohorts, overall: { users: 14, retained: [11, 6, 3, 0] } })).toBe(
      [
        'a title',
        '  day         users day 0 day 1 day 2 day 3',
        '  2026-01-01     10 █100% ▓ 60% ▒ 30%',
        '  2026-01-03      4 ▒ 25%',
        '  all            14 █ 79% ▒ 43% ░ 21%',
        '  ✓ equal to the oracle · 12 ms · 1,234 rows read',
      ].join('\n'),
    )
  })

  test('pictures: an answer that differs -> says so, and where', () => {
    const question = { title: 't', query: segmentation }
    const answer = { result: groups(['DE']), cost: {} }
    const picture = answerPicture(plain(80), { question, answer, difference: 'result.buckets[0]: …', ms: 1 })
    expect(picture).toContain('✗ NOT equal to the oracle: result.buckets[0]: …')
  })

  test('pictures: any names, any width -> no line is wider, colours change nothing but colours', () => {
    const name = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 40 }),
      fc.constantFrom('日本語のとても長い名前'.repeat(4), '👩‍👩‍👧‍👦', 'e\u0301', '\x1b[2J'),
    )
    fc.assert(
      fc.property(
        fc.array(name, { minLength: 1, maxLength: 7 }),
        fc.integer({ min: 40, max: 120 }),
        (names, columns) => {
          const steps: FunnelQuery = { ...range, type: 'funnel', steps: names.map((one) => ({ events: [one] })) }
          const users = { steps: names.map((_, i) => ({ users: 1_000_000 - i })) }
          const question = { title: names.join(' '), query: steps }
          const colour = { ink: colourInk, columns: plain(columns).columns }
          const inColour = answerPicture(colour, {
            question,
            answer: { result: users, cost: {} },
            difference: undefined,
            ms: 1,
          })
          for (const picture of [
            draw(segmentation, groups(names), columns),
            draw(steps, users, columns),
            stripVTControlCharacters(inColour),
          ]) {
            for (const line of picture.split('\n')) expect(widthOf(line)).toBeLessThanOrEqual(columns)
            expect(picture).not.toContain('\x1b')
          }
        },
      ),
      { numRuns: 60 },
    )
  })

  test.each([
    ['a pipe', { isTerminal: false, columns: 200, noColour: undefined }, { colours: false, columns: 80 }],
    ['a terminal', { isTerminal: true, columns: 90, noColour: undefined }, { colours: true, columns: 90 }],
    ['an empty NO_COLOR', { isTerminal: true, columns: 90, noColour: '' }, { colours: true, columns: 90 }],
    ['NO_COLOR', { isTerminal: true, columns: 90, noColour: '1' }, { colours: false, columns: 90 }],
    ['a very wide one', { isTerminal: true, columns: 400, noColour: undefined }, { colours: true, columns: 100 }],
    [
      'one that does not say',
      { isTerminal: true, columns: undefined, noColour: undefined },
      { colours: true, columns: 80 },
    ],
  ])('pictures: %s -> the colours and columns that it can show', (_what, terminal, want) => {
    const { ink, columns } = styleFor(terminal)
    expect({ colours: ink.colours, columns }).toEqual(want)
  })

  test('width: CJK and emoji take two columns, marks none; control characters never get through', () => {
    expect(fitted('日本', 6)).toBe('日本  ')
    expect(shortened('日本語', 4)).toBe('日…')
    expect(shortened('e\u0301e\u0301e\u0301', 2)).toBe('e\u0301…')
    expect(shortened('a\x1b[31mb\n\u202ec', 20)).toBe('a·[31mb··c')
    expect(shortened('👩‍👩‍👧‍👦 family', 20)).toBe('👩‍👩‍👧‍👦 family')
  })

  test('blocks: eighths of a column, and more than nothing always shows', () => {
    expect([0, 1e-9, 1 / 16, 0.5, 1, 2].map((share) => barOf(share, 2))).toEqual(['', '▏', '▏', '█', '██', '██'])
    expect(sparkline([0, 1, 8], 3)).toBe(' ▁█')
    expect(sparkline([2, 4, 0, 0, 8, 8], 3)).toBe('▃ █')
    expect(sparkline([], 5)).toBe('')
  })

  test('numbers: as people read them, whatever language the machine speaks', () => {
    expect([0, 999, 1000, 1234567.891, 0.1 + 0.2].map(grouped)).toEqual(['0', '999', '1,000', '1,234,567.89', '0.3'])
    expect([percent(1, 3), percent(0, 0)]).toEqual(['33.3 %', '0.0 %'])
    expect([12.4, 999, 3_210, 125_000].map(durationText)).toEqual(['12 ms', '999 ms', '3.2 s', '2 min 5 s'])
  })

  test('progress: how far, how many, how fast', () => {
    expect(progressLine(plain(80), { events: 50_000, done: 0.5, eventsPerSecond: 12_345.6 })).toBe(
      'importing ████████████············  50 %  50,000 events  12,346/s',
    )
  })
})
