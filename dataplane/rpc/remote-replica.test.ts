import { describe, expect, test } from 'vitest'
import { UnavailableError } from '../../common/errors/errors.ts'
import { realClock } from '../runtime/clock.ts'
import { plainText } from './credentials.ts'
import { connectReplica } from './remote-replica.ts'

const at = { generation: 1, next: new Map([[0, 1]]) }
const call = { cluster: 'shop', shard: '0', routingEpoch: 1, at, request: new Uint8Array() }

/** One that left the routing map after a query had chosen it: its channel is closed. */
function left() {
  const replica = connectReplica({ address: '127.0.0.1:9', credentials: plainText, clock: realClock })
  replica.close()
  return replica
}

describe('remote replica: it left the routing map after a query had chosen it', () => {
  const bounds = { timeoutMs: 1_000, signal: new AbortController().signal }

  test.each([
    ['pin', () => left().pin({ ...call, minimum: undefined }, bounds)],
    ['ask', () => left().partial(call, bounds)],
    ['export', () => left().export(call, bounds.signal)[Symbol.asyncIterator]().next()],
  ])('%s -> unavailable, so that another replica is asked (QRY-1)', async (verb, act) => {
    const error = await act().catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(UnavailableError)
    expect((error as UnavailableError).message).toContain(`SHARD_UNAVAILABLE: ${verb} shard 0 at 127.0.0.1:9: got`)
  })
})
