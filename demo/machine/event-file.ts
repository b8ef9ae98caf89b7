/** A file of events on this machine: its bytes as stored, and decompressed by what its first bytes say. */
import { closeSync, createReadStream, openSync, readSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { pipeline, type Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { Fault } from '../fault.ts'
import type { EventFile } from '../source/file.ts'
import { zstdFrames } from './zstd-frames.ts'

/** Throws `Fault` when there is nothing to read. */
export function eventFile(given: string): EventFile {
  const path = resolve(given)
  const bytes = sizeOf(path)
  const decompress = decompressionOf(path)
  return {
    path,
    stored: () => createReadStream(path),
    async *read(signal, progress) {
      const stored = createReadStream(path)
      let seen = 0
      stored.on('data', (chunk) => {
        seen += chunk.length
        progress(bytes === 0 ? 1 : seen / bytes)
      })
      const stop = () => void stored.destroy(signal.reason as Error)
      signal.addEventListener('abort', stop, { once: true })
      try {
        for await (const chunk of decompress(stored)) yield chunk as Buffer
      } catch (error) {
        signal.throwIfAborted()
        throw new Fault(`--file ${path}: cannot be read to its end: ${(error as Error).message}`)
      } finally {
        signal.removeEventListener('abort', stop)
        stored.destroy()
      }
    },
  }
}

function sizeOf(path: string): number {
  try {
    const found = statSync(path)
    if (found.isDirectory()) throw new Fault(`--file ${path}: is a folder, want a file of NDJSON`)
    return found.size
  } catch (error) {
    if (error instanceof Fault) throw error
    throw new Fault(`--file ${path}: ${reason(error)}`)
  }
}

type Decompression = (stored: Readable) => AsyncIterable<Buffer>

function decompressionOf(path: string): Decompression {
  const head = firstBytes(path, 4)
  if (head.readUInt16BE(0) === 0x1f8b) return (stored) => pipeline(stored, createGunzip(), () => {})
  return head.readUInt32LE(0) === 0xfd2fb528 ? zstdFrames : (stored) => stored
}

function firstBytes(path: string, length: number): Buffer {
  const head = Buffer.alloc(length)
  try {
    const file = openSync(path, 'r')
    try {
      readSync(file, head)
    } finally {
      closeSync(file)
    }
  } catch (error) {
    throw new Fault(`--file ${path}: ${reason(error)}`)
  }
  return head
}

function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'ENOENT') return 'there is no such file'
  return code === 'EACCES' ? 'this user may not read it' : message
}
