import { expect, test } from 'vitest'
import { SimulatedDisk } from '../../../sim/disk/disk.ts'
import type { DiskFile } from '../../core/ports.ts'
import { Handles } from './handles.ts'

test('handles: a bounded number stays open, a file that is read stays open, and none once all were closed', async () => {
  const disk = new SimulatedDisk()
  const paths = Array.from({ length: 6 }, (_, i) => `f${i}`)
  for (const path of paths) await (await disk.open(path, 'create')).close()
  let open = 0
  disk.plan = ({ operation, moment }) => {
    if (moment === 'after' && operation === 'open') open++
    if (moment === 'after' && operation === 'close') open--
    return undefined
  }
  const handles = new Handles(disk, 2)
  const size = (file: DiskFile) => file.size()
  for (const path of paths) await handles.use(path, size)
  expect(open).toBe(2)
  await handles.use('f0', async (file) => {
    await handles.forget('f0')
    expect(await file.size()).toBe(0)
  })
  await handles.closeAll()
  expect(open).toBe(0)
  await handles.use('f1', size)
  expect(open).toBe(0)
})
