/** Lines of a stream of bytes, without their newline; a last line without one is dropped: it was cut off. Reads no further than its reader. */

export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let pending: Uint8Array[] = []
  for await (const chunk of chunks) {
    let start = 0
    for (let end = chunk.indexOf(0x0a); end !== -1; end = chunk.indexOf(0x0a, start)) {
      pending.push(chunk.subarray(start, end))
      // Whole lines are decoded at once, so that a character is never cut in two.
      yield Buffer.concat(pending).toString('utf8')
      pending = []
      start = end + 1
    }
    if (start < chunk.length) pending.push(chunk.subarray(start))
  }
}
