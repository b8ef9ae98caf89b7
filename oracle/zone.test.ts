import { describe, expect, test } from 'vitest'
import { bucketStarts, type Unit, unitStarts } from './calendar.ts'
import { instantOfText } from './time-text.ts'
import { wallClock } from './zone.ts'

const iso = (instant: number | undefined) => (instant === undefined ? undefined : new Date(instant).toISOString())
const at = (text: string) => Date.parse(text)
const starts = (zone: string, unit: Unit, range: [string, string]) =>
  bucketStarts(zone, unit, at(range[0]), at(range[1])).map((start) => `${iso(start)?.slice(0, 16)}Z`)

describe('oracle time', () => {
  test.each([
    ['UTC', '2026-01-01', '2026-01-01T00:00:00.000Z'],
    ['Europe/Berlin', '2026-03-29T01:59:59.999', '2026-03-29T00:59:59.999Z'],
    ['Europe/Berlin', '2026-03-29T02:00', '2026-03-29T01:00:00.000Z'],
    ['Europe/Berlin', '2026-03-29T02:30', '2026-03-29T01:30:00.000Z'],
    ['Europe/Berlin', '2026-10-25T02:30', '2026-10-25T00:30:00.000Z'],
    ['Europe/Berlin', '2026-10-25T03:00', '2026-10-25T02:00:00.000Z'],
    ['America/New_York', '2026-11-01T01:30:10', '2026-11-01T05:30:10.000Z'],
    ['Australia/Lord_Howe', '2026-10-04T02:15', '2026-10-03T15:45:00.000Z'],
    ['Asia/Kathmandu', '2026-01-01T00:00', '2025-12-31T18:15:00.000Z'],
    ['Pacific/Apia', '2011-12-30', '2011-12-30T10:00:00.000Z'],
    ['Pacific/Apia', '2011-12-31', '2011-12-30T10:00:00.000Z'],
    ['America/Sao_Paulo', '2018-11-04', '2018-11-04T03:00:00.000Z'],
    ['America/St_Johns', '2010-11-07', '2010-11-07T02:30:00.000Z'],
    ['Africa/Monrovia', '1971-06-01', '1971-06-01T00:44:30.000Z'],
  ])('oracle local time: %s %s -> %s', (zone, text, instant) => {
    expect(iso(instantOfText(text, zone))).toBe(instant)
  })

  test.each([
    ['2026-01-01T00:00:00Z', '2026-01-01T00:00:00.000Z'],
    ['2026-01-01T00:00:00.1239+05:45', '2025-12-31T18:15:00.123Z'],
    ['2026-01-01T00:00:00-00:30', '2026-01-01T00:30:00.000Z'],
    ['2024-02-29', '2024-02-28T23:00:00.000Z'],
  ])('oracle time text: %s -> %s', (text, instant) => {
    expect(iso(instantOfText(text, 'Europe/Berlin'))).toBe(instant)
  })

  test.each([
    '',
    '2026',
    '2026-02-29',
    '2026-13-01',
    '2026-01-01T24:00',
    '2026-01-01T00:00:60',
    '2026-01-01T00:00Z',
    '2026-01-01t00:00:00Z',
    '2026-01-01T00:00:00.Z',
    '2026-01-01T00:00:00.12',
    ' 2026-01-01',
    '2026-01-01T00:00:00+24:00',
  ])('oracle time text: "%s" -> no time', (text) => {
    expect(instantOfText(text, 'UTC')).toBeUndefined()
  })

  test('oracle buckets: hours over a repeated hour -> two buckets of that name', () => {
    expect(starts('Europe/Berlin', 'hour', ['2026-10-24T23:10Z', '2026-10-25T02:10Z'])).toEqual([
      '2026-10-24T23:10Z',
      '2026-10-25T00:00Z',
      '2026-10-25T01:00Z',
      '2026-10-25T02:00Z',
    ])
  })

  test('oracle buckets: days of 23, 24, 24.5 and 25 hours', () => {
    const lengths = (zone: string, from: string, to: string) => {
      const days = unitStarts(zone, 'day', at(from), at(to))
      return days.slice(1).map((start, i) => (start - days[i]) / 3_600_000)
    }
    expect(lengths('Europe/Berlin', '2026-03-28T12:00Z', '2026-03-31T00:00Z')).toEqual([24, 23, 24])
    expect(lengths('America/New_York', '2026-10-31T12:00Z', '2026-11-02T12:00Z')).toEqual([24, 25])
    expect(lengths('Australia/Lord_Howe', '2026-04-04T00:00Z', '2026-04-06T00:00Z')).toEqual([24, 24.5])
    expect(lengths('Pacific/Apia', '2011-12-29T12:00Z', '2012-01-01T12:00Z')).toEqual([24, 24, 24])
  })

  test('oracle buckets: a last hour that the day has no room for -> ends with the day', () => {
    expect(starts('Australia/Lord_Howe', 'hour', ['2026-10-04T11:30Z', '2026-10-04T14:30Z'])).toEqual([
      '2026-10-04T11:30Z',
      '2026-10-04T12:30Z',
      '2026-10-04T13:00Z',
      '2026-10-04T14:00Z',
    ])
  })

  test('oracle buckets: clocks that go back over midnight -> the day before is not opened again', () => {
    const days = unitStarts('America/St_Johns', 'day', at('2010-11-06T12:00Z'), at('2010-11-08T12:00Z')).map(iso)
    expect(days).toEqual(['2010-11-06T02:30:00.000Z', '2010-11-07T02:30:00.000Z', '2010-11-08T03:30:00.000Z'])
    expect(iso(wallClock('America/St_Johns', at('2010-11-07T03:00Z')))).toBe('2010-11-06T23:30:00.000Z')
  })

  test('oracle buckets: weeks begin on Monday, months with their first day, the range cuts the ends', () => {
    expect(starts('UTC', 'week', ['2026-01-01T00:00Z', '2026-01-13T00:00Z'])).toEqual([
      '2026-01-01T00:00Z',
      '2026-01-05T00:00Z',
      '2026-01-12T00:00Z',
    ])
    expect(starts('Europe/Berlin', 'month', ['2026-01-31T23:00Z', '2026-04-01T00:00Z'])).toEqual([
      '2026-01-31T23:00Z',
      '2026-02-28T23:00Z',
      '2026-03-31T22:00Z',
    ])
    expect(starts('UTC', 'day', ['2026-01-01T00:00Z', '2026-01-02T00:00Z'])).toEqual(['2026-01-01T00:00Z'])
  })
})
