import { kubeContract, widgetDefinition, widgetResource } from '../../../test/support/kube-contract.ts'
import { serveDefinition, serverWorld } from '../../../test/support/kube-server.ts'
import { describeWith } from '../../../test/support/servers.ts'

describeWith('KUBECONFIG', 'a real API server', () => {
  kubeContract('client to a real API server', async () => {
    const world = await serverWorld('contract')
    await serveDefinition(world.api, widgetDefinition)
    return { ...world, widgets: widgetResource }
  })
})
