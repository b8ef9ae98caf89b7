import { logContract } from './log-contract.ts'
import { MemoryLog } from './memory-log.ts'
import { MemoryStore } from './memory-store.ts'
import { objectStoreContract } from './object-store-contract.ts'

logContract('log in memory', async () => {
  let last: MemoryLog | undefined
  return {
    open: async () => {
      last = new MemoryLog(4, last)
      return last
    },
  }
})

objectStoreContract('store in memory', async () => new MemoryStore())
