/**
 * One cluster a folder: a file names the process that uses it.
 *
 * Two writers of one log are fenced anyway; this is the line that says so before anything is started.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Fault } from '../fault.ts'

/** Returns what gives the folder back. Throws `Fault` while another process that is alive has it. */
export function claimFolder(folder: string): () => void {
  const file = join(folder, 'used-by.pid')
  mkdirSync(folder, { recursive: true })
  const owner = Number(read(file))
  if (owner > 0 && owner !== process.pid && isAlive(owner)) {
    throw new Fault(
      `${folder} is in use by process ${owner}: stop that one, give another --folder, or delete ${file} if it is none of ours`,
    )
  }
  writeFileSync(file, String(process.pid))
  return () => rmSync(file, { force: true })
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
