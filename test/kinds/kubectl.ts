/** kubectl as a person runs it, in a namespace: what it prints on either stream, whatever its exit code. */
import { execFile } from 'node:child_process'
import { dirname } from 'node:path'

const root = dirname(dirname(import.meta.dirname))

/** `command` is split at blanks, and quotes are taken off whole words. Fails when there is no kubectl. */
export function kubectl(command: string, namespace: string): Promise<string> {
  const [program, ...words] = (command.match(/'[^']*'|\S+/g) ?? []).map((word) => word.replace(/^'|'$/g, ''))
  if (program !== 'kubectl') throw new Error(`the documentation runs ${program}, want kubectl`)
  return new Promise((resolve, reject) => {
    execFile(program, [...words, `--namespace=${namespace}`], { cwd: root }, (error, stdout, stderr) => {
      if ((error as NodeJS.ErrnoException | null)?.code === 'ENOENT')
        reject(new Error('there is no kubectl on this machine'))
      else resolve(`${stdout}${stderr}`)
    })
  })
}
