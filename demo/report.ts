/** What `--json` prints: one document, answers whole. */
import type { Judged } from './ask-all.ts'
import type { Imported } from './import.ts'
import type { Source } from './source/source.ts'

export function report(
  source: Pick<Source, 'title' | 'project'>,
  { accepted, refused, firstRefused, ms }: Imported & { readonly ms: number },
  judged: readonly Judged[],
): string {
  const document = {
    source: source.title,
    project: source.project,
    imported: { accepted, refused, firstRefused, ms: Math.round(ms) },
    answers: judged.map(({ question, answer, difference, expected }) => ({
      title: question.title,
      query: question.query,
      ...answer,
      equalToOracle: difference === undefined,
      ...(difference !== undefined && { difference, expected }),
    })),
    equalToOracle: judged.every(({ difference }) => difference === undefined),
  }
  return JSON.stringify(document, null, 2)
}
