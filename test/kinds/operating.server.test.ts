/**
 * The console sessions of the operating pages, from install to adoption, as one reader would type them: on a real API server, with the
 * operator and pods that really run. Each command prints what its page says.
 */
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { resources } from '../../operator/kube/resource.ts'
import { describeWith } from '../support/servers.ts'
import { settled } from '../support/until.ts'
import { fileOf, type Step, steps, tidied } from './console.ts'
import { kubectl } from './kubectl.ts'
import { LiveCluster } from './live.ts'

const reading = ['install.md', 'status-and-conditions.md', 'scaling.md', 'upgrade.md', 'deletion.md', 'adoption.md']

describeWith('KUBECONFIG', 'a real API server', () => {
  let live: LiveCluster
  let dataId = ''

  beforeAll(async () => {
    live = await LiveCluster.start()
    // The server publishes what explain reads a moment after it serves the kind.
    await settled(async () => (await typed('kubectl explain ec.spec.shard.cut')).includes('FIELDS'))
  })

  afterAll(async () => {
    await live?.stop()
  })

  const typed = (command: string) => kubectl(command, live.world.namespace)

  /** A file that the page shows is there for the reader, with the id of the data as it is here. */
  async function withFile({ page, command }: Step): Promise<string> {
    const [, path, name] = /-f ((\S+)\.yaml)/.exec(command) ?? []
    if (path === undefined || existsSync(path)) return command
    const shown = fileOf(page, name!) ?? ''
    const file = join(live.world.data, path)
    writeFileSync(file, shown.replace(/shop-[0-9a-f]{8}/, dataId))
    return command.replace(path, file)
  }

  async function remember(): Promise<void> {
    const cluster = await live.world.api.get(resources.eventClusters, { namespace: live.world.namespace, name: 'shop' })
    const { data } = (cluster?.status ?? {}) as { data?: { id: string } }
    dataId = data?.id ?? dataId
  }

  test.each(reading.flatMap(steps))('docs: $page, $command -> prints what the page says', async (step) => {
    await remember()
    const command = await withFile(step)
    const printed = tidied(await typed(command))
    expect(printed, live.said.split('\n').slice(-20).join('\n')).toBe(step.prints)
  })
})
