/** Metadata of a pod or a pod template: labels and annotations that the user wants on pods, below ours. */

import type { PodExtras } from '../../kube/kinds.ts'
import type { ObjectMeta } from '../../kube/object.ts'

export function templateMeta<Meta extends Partial<ObjectMeta>>(pod: PodExtras | undefined, meta: Meta): Meta {
  const { labels = {}, annotations = {} } = pod ?? {}
  const both = { ...annotations, ...meta.annotations }
  return {
    ...meta,
    labels: { ...labels, ...meta.labels },
    ...(Object.keys(both).length > 0 && { annotations: both }),
  }
}
