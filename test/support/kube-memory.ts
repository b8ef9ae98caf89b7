/** An API server in the process of a test, with seeded entropy. */
import type { Clock, Random } from '../../dataplane/core/ports.ts'
import { Machinery } from '../../devcluster/api/machinery.ts'
import { MemoryApi } from '../../devcluster/api/memory-api.ts'
import { Storage } from '../../devcluster/api/storage.ts'

/** Bytes that differ from call to call and are the same in each run. */
export function countingRandom(): Random {
  let count = 0
  return {
    bytes(length) {
      count++
      const bytes = new Uint8Array(length)
      for (let index = 0; index < length; index++) bytes[index] = (count >>> (8 * (index % 4))) ^ (index * 37)
      return bytes
    },
  }
}

export function memoryApi(clock: Clock, options: { historyMax?: number; bookmarkMs?: number } = {}): MemoryApi {
  const { historyMax, bookmarkMs } = options
  const storage = new Storage(historyMax === undefined ? {} : { historyMax })
  const machinery = new Machinery({ clock, random: countingRandom(), storage })
  return new MemoryApi({ machinery, clock, ...(bookmarkMs !== undefined && { bookmarkMs }) })
}
