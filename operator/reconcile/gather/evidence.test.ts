import { expect, it } from 'vitest'
import type { DataPlane } from '../../admin/port.ts'
import type { PodEvidence } from '../../plan/evidence.ts'
import type { Pod } from '../../plan/seen.ts'
import { gatherEvidence } from './evidence.ts'

const running = { containerStatuses: [{ state: { running: {} } }] }
const podOf = (index: number, status: object): Pod => ({
  ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name: `pod-${index}`, uid: `uid-${index}` } },
  status: { phase: 'Running', ...status },
})

it('evidence: a thousand pods, some without address, some silent -> each that can be is asked once, 32 at a time', async () => {
  const asked: string[] = []
  let [now, most] = [0, 0]
  const plane: Pick<DataPlane, 'status'> = {
    async status({ name, uid }) {
      asked.push(name)
      most = Math.max(most, ++now)
      for (let turn = 50 + (asked.length % 7); turn > 0; turn--) await Promise.resolve()
      now--
      return name.endsWith('3') ? undefined : ({ instance: uid } as PodEvidence)
    },
  }
  const pods = Array.from({ length: 1000 }, (_, index) =>
    podOf(index, index % 10 === 0 ? {} : { ...running, podIP: '1' }),
  )
  const evidence = await gatherEvidence(plane as DataPlane, pods)
  expect([asked.length, new Set(asked).size, most]).toEqual([900, 900, 32])
  expect(evidence.size).toBe(800)
  expect(evidence.get('uid-7')).toEqual({ instance: 'uid-7' })
})
