/**
 * All frames of a zstd file: parallel compressors write several, and a file may be two joined ones. Node's decoder ends
 * silently after a frame that ends inside a chunk, so the rest of that chunk is given to another one.
 */
import { createZstdDecompress, type ZstdDecompress } from 'node:zlib'

/** Throws what the decoder says of damaged or missing bytes. */
export async function* zstdFrames(stored: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let frame: Frame | undefined
  for await (const chunk of stored) {
    for (let rest = chunk; rest.length > 0; ) {
      frame ??= new Frame()
      const left = await frame.write(rest)
      rest = rest.subarray(rest.length - left)
      if (left > 0) {
        await frame.finish()
        yield* frame.output()
        frame = undefined
      } else yield* frame.output()
    }
  }
  await frame?.finish()
  if (frame !== undefined) yield* frame.output()
}

class Frame {
  readonly #decoder: ZstdDecompress = createZstdDecompress()
  readonly #ended: Promise<void>
  #given = 0
  #out: Buffer[] = []

  constructor() {
    this.#decoder.on('data', (bytes: Buffer) => this.#out.push(bytes))
    this.#ended = new Promise((resolve, reject) => this.#decoder.once('end', resolve).once('error', reject))
    this.#ended.catch(() => {})
  }

  /** How many bytes at the end of the chunk lie after the frame. */
  async write(chunk: Buffer): Promise<number> {
    this.#given += chunk.length
    const written = new Promise<void>((resolve) => this.#decoder.write(chunk, () => resolve()))
    await Promise.race([written, this.#ended])
    return this.#given - this.#decoder.bytesWritten
  }

  async finish(): Promise<void> {
    this.#decoder.end()
    await this.#ended
  }

  output(): Buffer[] {
    return this.#out.splice(0)
  }
}
