/** `npm start`: the demo on five processes of this machine. */
import { LocalCluster } from './local/local-cluster.ts'
import { runCommand } from './machine/command.ts'

runCommand({ name: 'npm start', folder: '.anabranch/start', cluster: (options) => new LocalCluster(options) })
