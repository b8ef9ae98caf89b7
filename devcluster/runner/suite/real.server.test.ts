import { describeWith } from '../../../test/support/servers.ts'
import { clusterSuite } from './cluster-suite.ts'
import { connectReal } from './real.ts'
import { runnerSuite } from './runner-suite.ts'

describeWith('KUBECONFIG', 'a real API server', () => {
  runnerSuite('a real API server', () => connectReal(process.env))
  clusterSuite('a real API server', () => connectReal(process.env))
})
