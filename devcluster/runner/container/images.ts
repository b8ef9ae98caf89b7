/**
 * The table of images: what runs when a container asks for an image by name. Nothing is pulled from anywhere.
 *
 * ```json
 * { "anabranch:*": { "entrypoint": ["node", "dataplane/main/anabranch.ts"], "workingDir": ".", "env": { "LANG": "C" } } }
 * ```
 * A name that ends in `*` stands for all that begin so; an exact name goes first, then the longest. `node` as first word is the Node that the runner
 * runs on. `workingDir` is relative to the folder of the table. Does not: look at tags, digests or pull policies.
 */
import { createHash } from 'node:crypto'
import { z } from 'zod'

const image = z.strictObject({
  entrypoint: z
    .array(z.string())
    .default([])
    .describe('first words of the command; `command` of a container replaces them'),
  args: z
    .array(z.string())
    .default([])
    .describe('words after the entrypoint, where a container gives neither command nor args'),
  programs: z
    .record(z.string(), z.array(z.string()).min(1))
    .default({})
    .describe('programs that the image has in its PATH: first word of a `command` to the words that start it here'),
  workingDir: z.string().default('.').describe('folder to start in, relative to the folder of the table'),
  env: z.record(z.string(), z.string()).default({}).describe('variables below those of the container'),
})

export const imageTable = z.record(z.string(), image)

export type Image = z.infer<typeof image>
export type ImageTable = Readonly<Record<string, Image>>

export function imageOf(table: ImageTable, name: string): Image | undefined {
  if (Object.hasOwn(table, name)) return table[name]
  const [pattern] = Object.keys(table)
    .filter((key) => key.endsWith('*') && name.startsWith(key.slice(0, -1)))
    .sort((a, b) => b.length - a.length)
  return pattern === undefined ? undefined : table[pattern]
}

/** What stands for the digest of an image: another one when the entry behind a name changes. */
export function imageId(table: ImageTable, name: string): string {
  const entry = imageOf(table, name)
  const digest = createHash('sha256')
    .update(JSON.stringify([name, entry]))
    .digest('hex')
  return entry === undefined ? '' : `table://sha256:${digest}`
}

/** The words of the process, as Docker and a kubelet put them together. */
export function commandLine(
  image: Image,
  container: { readonly command?: readonly string[]; readonly args?: readonly string[] },
): readonly string[] {
  const [program, ...words] = container.command ?? []
  if (program !== undefined) {
    const installed = Object.hasOwn(image.programs, program) ? image.programs[program]! : [program]
    return [...installed, ...words, ...(container.args ?? [])]
  }
  const args = container.args ?? []
  return [...image.entrypoint, ...(args.length > 0 ? args : image.args)]
}
