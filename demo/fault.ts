/** What a user of the demo can put right: its message is one line that says how. Anything else that is thrown is ours. */
export class Fault extends Error {
  override readonly name = 'Fault'
}
