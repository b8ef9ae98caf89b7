import { describe } from 'vitest'
import { realClock } from '../../../dataplane/runtime/clock.ts'
import { realRandom } from '../../../dataplane/runtime/random.ts'
import { Machinery } from '../../api/machinery.ts'
import { MemoryApi } from '../../api/memory-api.ts'
import { clusterSuite } from './cluster-suite.ts'
import { runnerSuite } from './runner-suite.ts'

const connect = async () => {
  const machinery = new Machinery({ clock: realClock, random: realRandom })
  return { api: new MemoryApi({ machinery, clock: realClock }) }
}

// Each pod needs a loopback address of its own.
const isLinux = process.platform === 'linux'
describe.runIf(isLinux)(isLinux ? 'linux' : 'left out: the pod runner needs Linux', () => {
  runnerSuite('the API server in the process', connect)
  clusterSuite('the API server in the process', connect)
})
