/**
 * The bugs that prove that the simulator would find such a thing: each is planted at a seam between real parts (a port,
 * an object that the product hands out, a method of a class), never by a branch in the product.
 */
import type { Bug } from './bug.ts'
import { diskBugs } from './disk-bugs.ts'
import { logBugs } from './log-bugs.ts'
import { replicaBugs } from './replica-bugs.ts'
import { shardBugs } from './shard-bugs.ts'
import { storeBugs } from './store-bugs.ts'

export const bugs: Readonly<Record<string, Bug>> = {
  ...diskBugs,
  ...logBugs,
  ...storeBugs,
  ...shardBugs,
  ...replicaBugs,
}
