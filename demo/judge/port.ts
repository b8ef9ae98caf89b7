/** The judge as the demo uses it: in a thread of its own, since a hundred thousand events keep it busy. */
import type { Query, Result } from '../../oracle/query.ts'
import type { Profile } from '../questions/profile.ts'

export interface JudgePort {
  take(lines: readonly string[]): void
  visible(): Promise<number>
  profile(): Promise<Profile>
  answer(query: Query): Promise<Result>
  close(): Promise<void>
}
