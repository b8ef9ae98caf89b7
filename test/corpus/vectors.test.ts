/** The vectors of the ADRs, which the engine's tests hold too: two codes that share nothing give the same bytes and hashes. */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { canonical } from '../../oracle/canonical.ts'
import type { Json } from '../../oracle/event.ts'
import { placementHash } from '../../oracle/placement.ts'

const schema = join(dirname(fileURLToPath(import.meta.url)), '../../dataplane/schema')
const read = (name: string) => JSON.parse(readFileSync(join(schema, name), 'utf8'))

describe('oracle vectors', () => {
  test('oracle canonical: vectors of ADR 0004 -> the same bytes', () => {
    const { values } = read('canonical.vectors.json') as { values: { value: Json; hex: string }[] }
    expect(values.length).toBeGreaterThan(50)
    for (const { value, hex } of values) expect(Buffer.from(canonical(value), 'latin1').toString('hex')).toBe(hex)
  })

  test('oracle placement: vectors of ADR 0002 -> the same hash', () => {
    const { placements } = read('placement.vectors.json') as {
      placements: { project: string; distinctId: string; insertId: string; h: number }[]
    }
    expect(placements.length).toBeGreaterThan(90)
    for (const { project, distinctId, insertId, h } of placements) {
      const event = { project, event: '', distinct_id: distinctId, time: 0, insert_id: insertId, properties: {} }
      expect({ ...event, h: placementHash(event) }).toEqual({ ...event, h })
    }
  })
})
