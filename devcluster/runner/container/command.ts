/**
 * The process of a container: words, folder and environment, from the image, the container and what its mounts became. Pure.
 */
import type { Container, Pod } from '../objects.ts'
import { type Command, markVariable } from '../ports.ts'
import { accountMountPath, kubeconfigPath } from '../volumes/kubeconfig.ts'
import { type Environment, expanded } from './environment.ts'
import { commandLine, type Image } from './images.ts'
import { rewriter, type View } from './view.ts'

export interface CommandInput {
  readonly pod: Pod
  readonly podIp: string
  readonly container: Container
  readonly mounts: View['mounts']
  readonly mark: string
  /** A probe or hook in the container, in place of its own command. */
  readonly words?: readonly string[] | undefined
}

/** The same for all processes of a runner. */
export interface CommandSettings {
  /** What `node` as first word stands for. */
  readonly node: string
  /** `PATH` and the like, below the image's own. */
  readonly environment: Environment
  readonly hostsFile: string
  /** URL of the module that Node processes load first: names of Services, the pod's own name. */
  readonly preload: string
  /** URL of the API server, as far as it is known. */
  readonly server?: string | undefined
}

export function commandOf(
  input: CommandInput,
  image: Image,
  environment: Environment,
  settings: CommandSettings,
): Command {
  const { container, pod, podIp, mounts } = input
  const rewrite = rewriter({ mounts, podIp })
  // The entrypoint of an image is the machine's own and stays as it is; what the pod says is about the container's file system.
  const fromPod = (words: readonly string[]) => words.map((word) => rewrite(expanded(word, environment)))
  const own = { command: fromPod(container.command ?? []), args: fromPod(container.args ?? []) }
  const [program, ...words] = input.words === undefined ? commandLine(image, own) : fromPod(input.words)
  const rewritten = Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, rewrite(value)]))
  return {
    words: [program === 'node' ? settings.node : (program ?? ''), ...words],
    folder: folderOf(container, mounts, rewrite) ?? image.workingDir,
    environment: {
      ...settings.environment,
      ...image.env,
      ...(settings.server === undefined ? {} : accountVariables(settings.server, mounts)),
      ...rewritten,
      NODE_OPTIONS: nodeOptions(rewritten.NODE_OPTIONS ?? image.env.NODE_OPTIONS, settings.preload),
      ANABRANCH_RUNNER_HOSTS: settings.hostsFile,
      ANABRANCH_RUNNER_NAMESPACE: pod.metadata.namespace ?? 'default',
      [markVariable]: input.mark,
    },
  }
}

/** As a kubelet's, and a kubeconfig where the token of the service account is mounted. */
function accountVariables(server: string, mounts: View['mounts']): Environment {
  const { hostname, port } = new URL(server)
  const account = mounts.find(({ mountPath }) => mountPath === accountMountPath)
  return {
    KUBERNETES_SERVICE_HOST: hostname,
    KUBERNETES_SERVICE_PORT: port === '' ? '443' : port,
    ...(account === undefined ? {} : { KUBECONFIG: kubeconfigPath(account.path) }),
  }
}

/** A folder of the image does not exist here; one inside a mount does. */
function folderOf({ workingDir }: Container, mounts: View['mounts'], rewrite: (text: string) => string) {
  if (workingDir === undefined) return undefined
  return mounts.some(({ mountPath }) => `${workingDir}/`.startsWith(`${mountPath}/`)) ? rewrite(workingDir) : undefined
}

function nodeOptions(own: string | undefined, preload: string): string {
  return [own, '--disable-warning=ExperimentalWarning', `--import=${preload}`].filter(Boolean).join(' ')
}
