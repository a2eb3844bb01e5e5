import type { Clock } from '../ports.ts';

/** A body that is read line by line, as it comes. */

export interface LineOptions {
  clock: Clock;
  /** Silence for so long: the line is dead. */
  silentMs: number;
  /** A line longer than this is not the centre's; characters. */
  maxLine: number;
}

/**
 * The lines of a body, in groups as they come; the last group may lack its line feed. The body is cancelled when the
 * reader leaves.
 * @throws Error when it is cut off, silent for too long, or has an endless line
 */
export async function* readLines(
  body: ReadableStream<Uint8Array>,
  { clock, silentMs, maxLine }: LineOptions,
): AsyncGenerator<string[], void, undefined> {
  const reader = body.getReader();
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let rest = '';
  const next = async (): Promise<Awaited<ReturnType<typeof reader.read>>> => {
    let cancel = (): void => undefined;
    const silence = new Promise<never>((_, reject) => {
      cancel = clock.after(silentMs, () => reject(new Error(`silent for ${silentMs / 1000} s`)));
    });
    try {
      return await Promise.race([reader.read(), silence]);
    } finally {
      cancel();
    }
  };
  try {
    for (;;) {
      const { done, value } = await next();
      if (done) break;
      const parts = (rest + decoder.decode(value, { stream: true })).split('\n');
      rest = parts.pop() ?? '';
      if (rest.length > maxLine || parts.some((line) => line.length > maxLine))
        throw new Error(`a line of more than ${maxLine} characters`);
      const lines = parts.filter((line) => line !== '');
      if (lines.length > 0) yield lines;
    }
    rest += decoder.decode();
    if (rest !== '') yield [rest];
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
