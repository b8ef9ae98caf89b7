/** Where the demo writes: answers, what goes on meanwhile, and a region that is drawn anew. */
import type { Style } from './picture/style.ts'

export interface Screen {
  readonly style: Style
  /** What was asked for: pictures, or JSON. */
  answer(text: string): void
  /** What happens. Never on the same stream as JSON. */
  tell(text: string): void
  /** Replaces the former text of the region; `''` takes it away. Nothing on what is no terminal. */
  live(text: string): void
}
