/**
 * What a process is told instead of what a container would see: pure rewriting of arguments and environment.
 *
 * A container has a file system and a network of its own; a process of this runner has the machine's. So every mention of a mount path,
 * as a whole word of an argument or a value and with what follows it, becomes the real folder of the mount (`--log-folder=/data/log`), and
 * `0.0.0.0` becomes the address of the pod. What stands in files that are mounted is not touched. Does not: isolate anything.
 */

export interface View {
  readonly mounts: readonly { readonly mountPath: string; readonly path: string }[]
  readonly podIp: string
}

/** A text as the process gets it. Mentions are replaced once, the longest mount path first. */
export function rewriter(view: View): (text: string) => string {
  const targets = new Map(view.mounts.map(({ mountPath, path }) => [mountPath.replace(/\/+$/, ''), path]))
  targets.delete('')
  const paths = [...targets.keys()].sort((a, b) => b.length - a.length).map(escaped)
  const address = '(?<![\\w.])0\\.0\\.0\\.0(?![\\w./])'
  const mention = paths.length === 0 ? address : `(?<![\\w./@-])(?:${paths.join('|')})(?![\\w.-])|${address}`
  const pattern = new RegExp(mention, 'g')
  return (text) => text.replace(pattern, (found) => targets.get(found) ?? view.podIp)
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
