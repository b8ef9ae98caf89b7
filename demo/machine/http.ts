/** HTTP and waiting of this machine, both given up when the demo is stopped. */
import { setTimeout } from 'node:timers/promises'
import type { Http } from '../http.ts'

export function realHttp(signal: AbortSignal): Http {
  return {
    async post({ url, headers, body }) {
      try {
        const answer = await fetch(url, { method: 'POST', headers, body, signal })
        const after = answer.headers.get('retry-after')
        return {
          status: answer.status,
          text: await answer.text(),
          retryAfterMs: after === null ? undefined : Number(after) * 1000,
        }
      } catch (error) {
        signal.throwIfAborted()
        const { cause, message } = error as { cause?: { message?: string }; message: string }
        throw new Error(`POST ${url}: ${cause?.message ?? message}`, { cause: error })
      }
    },
    sleep: (ms) => setTimeout(ms, undefined, { signal }),
  }
}
