/** A namespace of the real API server with a pod runner, once the generated kinds are applied there as a user would. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { imageFile } from '../../devcluster/runner/machine/image-file.ts'
import { connectReal } from '../../devcluster/runner/suite/real.ts'
import { makeWorld, type World } from '../../devcluster/runner/suite/world.ts'
import type { KubeObject } from '../../operator/kube/object.ts'
import { resources } from '../../operator/kube/resource.ts'

const root = join(import.meta.dirname, '../..')

export async function realWorld(): Promise<World> {
  const real = await connectReal(process.env)
  for (const plural of ['eventclusters', 'shards', 'projects', 'compactionpolicies']) {
    const definition = parse(readFileSync(join(root, `crds/generated/${plural}.yaml`), 'utf8')) as KubeObject
    await real.api.apply(resources.customResourceDefinitions, definition, { fieldManager: 'test', force: true })
  }
  const images = imageFile(join(root, 'devcluster/runner/images.json'), () => undefined)()
  return makeWorld({ ...real, images })
}
