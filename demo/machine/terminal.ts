/** The terminal of this process, or the file or pipe in its place. */
import { type Style, styleFor } from '../picture/style.ts'
import type { Screen } from '../screen.ts'

/**
 * `json`: standard output gets nothing but answers, so the rest goes to standard error. `closed` is called when nobody
 * reads any more, as in `npm start | head`.
 */
export function terminalScreen(json: boolean, closed: () => void): Screen {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', closed)
  const told = json ? process.stderr : process.stdout
  let drawn = 0
  const clear = () => {
    if (drawn > 0) told.write(`\x1b[${drawn}F\x1b[J`)
    drawn = 0
  }
  const write = (stream: NodeJS.WriteStream, text: string) => {
    clear()
    stream.write(`${text}\n`)
  }
  return {
    get style(): Style {
      return styleFor({ isTerminal: told.isTTY === true, columns: told.columns, noColour: process.env.NO_COLOR })
    },
    answer: (text) => write(process.stdout, text),
    tell: (text) => write(told, text),
    live(text) {
      if (told.isTTY !== true) return
      clear()
      if (text === '') return
      told.write(`${text}\n`)
      drawn = text.split('\n').length
    },
  }
}
