import { realClock } from '../../dataplane/runtime/clock.ts'
import { resources } from '../../operator/kube/resource.ts'
import { kubeContract, widgetDefinition, widgetResource } from '../../test/support/kube-contract.ts'
import { memoryApi } from '../../test/support/kube-memory.ts'
import { collectGarbage } from './garbage.ts'

kubeContract('machinery in this process', async () => {
  const api = memoryApi(realClock)
  await api.create(resources.customResourceDefinitions, widgetDefinition)
  return {
    api,
    namespace: 'default',
    widgets: widgetResource,
    collect: () => collectGarbage(api.machinery),
    stop: async () => {},
  }
})
