/** The commands of the operating pages on a real API server, in the order in which a reader meets them: they print what is written there. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { crd } from '../../crds/crd/document.ts'
import { kinds } from '../../crds/kind.ts'
import type { KubeObject } from '../../operator/kube/object.ts'
import { resources } from '../../operator/kube/resource.ts'
import { type ServerWorld, serveDefinition, serverWorld } from '../support/kube-server.ts'
import { describeWith } from '../support/servers.ts'
import { settled } from '../support/until.ts'
import { steps, tidied } from './console.ts'
import { kubectl } from './kubectl.ts'

const reading = ['install.md', 'status-and-conditions.md', 'scaling.md', 'upgrade.md', 'deletion.md']

describeWith('KUBECONFIG', 'a real API server', () => {
  let world: ServerWorld

  beforeAll(async () => {
    world = await serverWorld('operating')
    for (const kind of kinds) {
      const definition = crd(kind) as unknown as KubeObject
      await world.api.apply(resources.customResourceDefinitions, definition, {
        fieldManager: 'anabranch-test',
        force: true,
      })
      await serveDefinition(world.api, definition)
    }
    // The server publishes what explain reads a moment after it serves the kind.
    await settled(async () => (await kubectl('kubectl explain ec.spec.shard.cut', world.namespace)).includes('FIELDS'))
  })

  afterAll(async () => {
    await world?.stop()
  })

  test.each(reading.flatMap(steps))(
    'docs: $page, $command -> prints what the page says',
    async ({ command, prints }) => {
      expect(tidied(await kubectl(command, world.namespace))).toBe(prints)
    },
  )
})
