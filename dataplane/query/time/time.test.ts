import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { dayMs } from '../../schema/event.ts'
import { bucketOf, bucketStarts, type Unit, unitStarts } from './buckets.ts'
import { dayNumber, parseLocal, parseTime, yearMonth } from './calendar.ts'
import { findZone, instantOf, type Zone } from './zone.ts'

const zone = (name: string): Zone => findZone(name)!
const at = (text: string): number => Date.parse(text)
const iso = (instants: Iterable<number> | undefined): string[] => {
  return [...(instants ?? [])].map((instant) => new Date(instant).toISOString().replace(':00.000Z', 'Z'))
}
const starts = (name: string, unit: Unit, from: string, to: string): string[] => {
  return iso(bucketStarts({ from: at(from), to: at(to), unit, zone: zone(name) }, 10_000))
}

describe('local times', () => {
  test.each([
    ['UTC', '2026-03-29T02:30', '2026-03-29T02:30Z'],
    ['Europe/Berlin', '2026-03-29', '2026-03-28T23:00Z'],
    ['Europe/Berlin', '2026-03-29T02:30', '2026-03-29T01:30Z'],
    ['Europe/Berlin', '2026-03-29T02:00', '2026-03-29T01:00Z'],
    ['Europe/Berlin', '2026-10-25T02:30', '2026-10-25T00:30Z'],
    ['Europe/Berlin', '2026-10-25T03:00', '2026-10-25T02:00Z'],
    ['America/New_York', '2026-11-01T01:30', '2026-11-01T05:30Z'],
    ['America/New_York', '2026-03-08T02:15', '2026-03-08T07:15Z'],
    ['Australia/Lord_Howe', '2026-04-05T01:45', '2026-04-04T14:45Z'],
    ['Australia/Lord_Howe', '2026-10-04T02:10', '2026-10-03T15:40Z'],
    ['Asia/Kathmandu', '2026-01-01', '2025-12-31T18:15Z'],
    ['Pacific/Apia', '2011-12-30', '2011-12-30T10:00Z'],
    ['Pacific/Apia', '2011-12-30T10:00', '2011-12-30T20:00Z'],
    ['America/Sao_Paulo', '2018-11-04', '2018-11-04T03:00Z'],
    ['America/Sao_Paulo', '2018-11-04T00:30', '2018-11-04T03:30Z'],
    ['America/St_Johns', '2010-11-07', '2010-11-07T02:30Z'],
  ])('time: %s %s -> %s (QRY-1)', (name, local, want) => {
    expect(iso([instantOf(zone(name), parseLocal(local)!)])).toEqual([want])
  })

  test('time: every instant is the local time of itself, the earlier one where it occurs twice (QRY-1)', () => {
    const names = ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Pacific/Apia', 'America/Sao_Paulo']
    const instant = fc.integer({ min: at('2009-01-01'), max: at('2027-01-01') })
    fc.assert(
      fc.property(fc.constantFrom(...names), instant, (name, time) => {
        const local = time + zone(name).offsetAt(time)
        const found = instantOf(zone(name), local)
        expect(found).toBeLessThanOrEqual(time)
        expect(found + zone(name).offsetAt(found)).toBe(local)
      }),
    )
  })

  test.each([
    '2026-1-01',
    '2026-02-29',
    '2026-13-01',
    '2026-00-01',
    '2026-01-00',
    '2026-01-01T24:00',
    '2026-01-01T10',
    '2026-01-01T10:60',
    '2026-01-01T10:00:60',
    '2026-01-01T10:00:00.1',
    '2026-01-01 10:00',
    '2026-01-01T10:00Z',
    '',
    'yesterday',
  ])('time: %j is no local time', (text) => {
    expect(parseLocal(text)).toBeUndefined()
  })

  test.each([
    ['2026-01-02T03:04:05Z', '2026-01-02T03:04:05.000Z'],
    ['2026-01-02T03:04:05.6789Z', '2026-01-02T03:04:05.678Z'],
    ['2026-01-02T03:04:05.5+05:45', '2026-01-01T21:19:05.500Z'],
    ['2026-01-02T03:04:05-02:30', '2026-01-02T05:34:05.000Z'],
    ['2026-07-02T03:04', '2026-07-02T01:04:00.000Z'],
    ['2026-07-02', '2026-07-01T22:00:00.000Z'],
  ])('time: the string %s is the time %s', (text, want) => {
    expect(new Date(parseTime(text, zone('Europe/Berlin'))!).toISOString()).toBe(want)
  })

  test.each([
    '2026-01-02T03:04Z',
    '2026-01-02t03:04:05Z',
    '2026-01-02T03:04:05z',
    '2026-01-02T03:04:60Z',
    '2026-01-02T03:04:05+24:00',
    '2026-01-02T03:04:05+0100',
    '2026',
  ])('time: the string %s is no time', (text) => {
    expect(parseTime(text, zone('UTC'))).toBeUndefined()
  })

  test('time: unknown zones and bare offsets are refused', () => {
    expect(findZone('Mars/Olympus')).toBeUndefined()
    expect(findZone('+02:00')).toBeUndefined()
    expect(findZone('')).toBeUndefined()
  })
})

test('time: a zone has one set of offsets, however its name is spelled', () => {
  expect(findZone('eUROPE/bERLIN')).toBe(findZone('Europe/Berlin'))
  // The sign of Kelvin is a k in lower case.
  expect([findZone('Asia/Kolkata')?.name, findZone('Asia/\u212aolkata')]).toEqual(['Asia/Kolkata', undefined])
})

describe('buckets', () => {
  test('buckets: the first is cut by the range, the others begin at local midnight (QRY-1)', () => {
    expect(starts('Europe/Berlin', 'day', '2026-03-28T12:00Z', '2026-03-30T12:00Z')).toEqual([
      '2026-03-28T12:00Z',
      '2026-03-28T23:00Z',
      '2026-03-29T22:00Z',
    ])
    expect(starts('America/New_York', 'day', '2026-10-31T04:00Z', '2026-11-02T05:00Z')).toEqual([
      '2026-10-31T04:00Z',
      '2026-11-01T04:00Z',
    ])
  })

  test('buckets: a repeated local hour is two buckets, a skipped one none (QRY-1)', () => {
    expect(starts('Europe/Berlin', 'hour', '2026-10-24T23:30Z', '2026-10-25T02:00Z')).toEqual([
      '2026-10-24T23:30Z',
      '2026-10-25T00:00Z',
      '2026-10-25T01:00Z',
    ])
    expect(starts('Europe/Berlin', 'hour', '2026-03-28T23:00Z', '2026-03-29T22:00Z')).toHaveLength(23)
    expect(starts('America/New_York', 'hour', '2026-11-01T04:00Z', '2026-11-02T05:00Z')).toHaveLength(25)
  })

  test('buckets: where clocks change by half an hour, hours go on from midnight and the last is cut (QRY-1)', () => {
    const hours = starts('Australia/Lord_Howe', 'hour', '2026-04-04T13:00Z', '2026-04-05T14:30Z')
    expect(hours).toHaveLength(26)
    expect(hours.slice(1, 3)).toEqual(['2026-04-04T14:00Z', '2026-04-04T15:00Z'])
    expect(hours.slice(-2)).toEqual(['2026-04-05T13:00Z', '2026-04-05T13:30Z'])
  })

  test('buckets: a day that is skipped whole is none, in days, weeks and months (QRY-1)', () => {
    expect(starts('Pacific/Apia', 'day', '2011-12-28T10:00Z', '2012-01-01T10:00Z')).toEqual([
      '2011-12-28T10:00Z',
      '2011-12-29T10:00Z',
      '2011-12-30T10:00Z',
      '2011-12-31T10:00Z',
    ])
    expect(starts('Pacific/Apia', 'month', '2011-12-01T10:00Z', '2012-01-31T10:00Z')).toEqual([
      '2011-12-01T10:00Z',
      '2011-12-31T10:00Z',
    ])
  })

  test('buckets: a day without midnight begins when clocks jump, one with two at the first (QRY-1)', () => {
    expect(starts('America/Sao_Paulo', 'day', '2018-11-03T03:00Z', '2018-11-05T03:00Z')).toEqual([
      '2018-11-03T03:00Z',
      '2018-11-04T03:00Z',
      '2018-11-05T02:00Z',
    ])
    expect(starts('America/Sao_Paulo', 'day', '2018-02-17T02:00Z', '2018-02-18T04:00Z')).toEqual([
      '2018-02-17T02:00Z',
      '2018-02-18T03:00Z',
    ])
    // 00:01 -> 23:01 of the day before: the later date has begun and goes on.
    expect(starts('America/St_Johns', 'day', '2010-11-07T02:45Z', '2010-11-08T04:00Z')).toEqual([
      '2010-11-07T02:45Z',
      '2010-11-08T03:30Z',
    ])
  })

  test('buckets: weeks begin on Monday, months on the first, minutes follow the offset (QRY-1)', () => {
    expect(starts('UTC', 'week', '2026-01-01T00:00Z', '2026-01-12T00:01Z')).toEqual([
      '2026-01-01T00:00Z',
      '2026-01-05T00:00Z',
      '2026-01-12T00:00Z',
    ])
    expect(starts('Asia/Kathmandu', 'month', '2026-01-31T18:15Z', '2026-03-31T18:15Z')).toEqual([
      '2026-01-31T18:15Z',
      '2026-02-28T18:15Z',
    ])
    expect(starts('Asia/Kathmandu', 'hour', '2026-01-01T00:00Z', '2026-01-01T01:20Z')).toEqual([
      '2026-01-01T00:00Z',
      '2026-01-01T00:15Z',
      '2026-01-01T01:15Z',
    ])
    expect(starts('UTC', 'minute', '2026-01-01T00:00:30Z', '2026-01-01T00:02Z')).toHaveLength(2)
  })

  test('buckets: more than the limit is refused, the limit itself is not', () => {
    const range = { from: 0, to: 10 * dayMs, unit: 'day', zone: zone('UTC') } as const
    expect(bucketStarts(range, 10)).toHaveLength(10)
    expect(bucketStarts(range, 9)).toBeUndefined()
    expect(bucketStarts({ ...range, to: 8e15, unit: 'minute' }, 10_000)).toBeUndefined()
  })

  test('buckets: starts ascend, cover the range, and every time falls into the last that began (QRY-1)', () => {
    const names = [
      'UTC',
      'Europe/Berlin',
      'Australia/Lord_Howe',
      'Pacific/Apia',
      'America/Sao_Paulo',
      'America/St_Johns',
    ]
    const units: Unit[] = ['hour', 'day', 'week', 'month']
    const from = fc.integer({ min: at('2005-01-01'), max: at('2027-01-01') })
    fc.assert(
      fc.property(
        fc.constantFrom(...names),
        fc.constantFrom(...units),
        from,
        fc.nat(20 * dayMs),
        (name, unit, start, length) => {
          const range = { from: start, to: start + length + 1, unit, zone: zone(name) }
          const whole = unitStarts(range, 10_000)!
          const cut = bucketStarts(range, 10_000)!
          expect(whole[0]).toBeLessThanOrEqual(start)
          expect(cut[0]).toBe(start)
          for (let i = 1; i < whole.length; i++) expect(whole[i]).toBeGreaterThan(whole[i - 1]!)
          const time = start + Math.floor(length / 2)
          const found = bucketOf(cut, time, length % cut.length)
          expect(cut[found]).toBeLessThanOrEqual(time)
          expect(cut[found + 1] ?? Number.POSITIVE_INFINITY).toBeGreaterThan(time)
        },
      ),
    )
  })
})

test('calendar: day numbers and months agree with the platform calendar', () => {
  fc.assert(
    fc.property(fc.integer({ min: -354_285, max: 2_932_896 }), (day) => {
      const date = new Date(day * dayMs)
      expect(yearMonth(day)).toEqual({ year: date.getUTCFullYear(), month: date.getUTCMonth() + 1 })
      expect(dayNumber(date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate())).toBe(day)
    }),
  )
})
