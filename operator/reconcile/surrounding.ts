/** What gatherers are given: how to read, whom to ask, what time it is. */
import type { Clock } from '../../dataplane/core/ports.ts'
import type { DataPlane } from '../admin/port.ts'
import type { Reader } from './reader.ts'

export interface Surrounding {
  readonly reader: Reader
  readonly plane: DataPlane
  readonly clock: Pick<Clock, 'now'>
  /** `image`: for clusters that name none. */
  readonly operator: { readonly version: string; readonly image: string }
}
