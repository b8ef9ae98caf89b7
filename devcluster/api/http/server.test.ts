import { realClock } from '../../../dataplane/runtime/clock.ts'
import { resources } from '../../../operator/kube/resource.ts'
import { kubeContract, widgetDefinition, widgetResource } from '../../../test/support/kube-contract.ts'
import { httpWorld } from '../../../test/support/kube-http.ts'
import { collectGarbage } from '../garbage.ts'

kubeContract('machinery over HTTP', async () => {
  const world = await httpWorld(realClock)
  await world.api.create(resources.customResourceDefinitions, widgetDefinition)
  return {
    api: world.api,
    namespace: 'default',
    widgets: widgetResource,
    collect: () => collectGarbage(world.machinery),
    stop: world.stop,
  }
})
