import type { Clock, PrinterLink } from '../ports.ts';
import { type Answers, createReplyParser, interpretAutomatic, type PrinterCondition, type Question } from './status.ts';

/** One connection to a printer, as questions and answers instead of bytes. */
export interface Conversation {
  /** The line is up. */
  readonly alive: boolean;
  /** Every question has been answered, so the next answer will be to the next question. */
  readonly clean: boolean;
  /**
   * Asks `DLE EOT` for all of `questions` at once; the printer answers in the same order, also when it is offline.
   * @returns the answers there were by then; never rejects. Ask one thing at a time.
   */
  ask(questions: readonly Question[], timeoutMs: number): Promise<Answers>;
  /** Sends a job. Rejects when the line died. */
  write(bytes: Uint8Array): Promise<void>;
  /** A job was sent whose `GS r` will be answered after those of the jobs before it. */
  expectFence(jobId: string): void;
  /** A job was sent that will be answered with this id. */
  expectDone(jobId: string, processId: string): void;
  /** Never rejects. */
  close(timeoutMs: number): Promise<void>;
}

export interface ConversationEvents {
  done: (jobId: string) => void;
  fence: (jobId: string) => void;
  /** The printer told of a change by itself. */
  condition: (condition: PrinterCondition) => void;
  closed: (error: Error | null) => void;
}

interface Pending {
  questions: readonly Question[];
  answers: Map<Question, number>;
  end: () => void;
}

export const converse = (link: PrinterLink, clock: Clock, on: ConversationEvents): Conversation => {
  const parser = createReplyParser();
  let alive = true;
  let clean = true;
  let pending: Pending | null = null;
  const fences: string[] = [];
  const ids = new Map<string, string>();

  const answer = (value: number): void => {
    const question = pending?.questions.find((q) => !pending?.answers.has(q));
    if (!pending || question === undefined) return;
    pending.answers.set(question, value);
    if (pending.answers.size === pending.questions.length) pending.end();
  };
  const done = (processId: string): void => {
    const jobId = ids.get(processId);
    if (jobId === undefined) return;
    ids.delete(processId);
    // Answers come in the order of the jobs: a printer that got here will not answer the fences of earlier ones.
    const own = fences.indexOf(jobId);
    if (own > 0) fences.splice(0, own);
    on.done(jobId);
  };

  link.onData((bytes) => {
    for (const reply of parser.push(bytes)) {
      if (reply.kind === 'real-time') answer(reply.value);
      else if (reply.kind === 'automatic') on.condition(interpretAutomatic(reply.bytes));
      else if (reply.kind === 'done') done(reply.processId);
      else {
        const jobId = fences.shift();
        if (jobId !== undefined) on.fence(jobId);
      }
    }
  });
  link.onClose((error) => {
    alive = false;
    pending?.end();
    on.closed(error);
  });

  return {
    get alive() {
      return alive;
    },
    get clean() {
      return clean && pending === null;
    },
    ask: (questions, timeoutMs) => {
      if (!alive || !clean || pending || questions.length === 0) return Promise.resolve(new Map());
      return new Promise((resolve) => {
        const answers = new Map<Question, number>();
        const end = (): void => {
          stop();
          pending = null;
          if (answers.size < questions.length) clean = false;
          resolve(answers);
        };
        const stop = Number.isFinite(timeoutMs) ? clock.after(timeoutMs, end) : () => undefined;
        pending = { questions, answers, end };
        // A line that died is told by onClose.
        link.write(Uint8Array.from(questions.flatMap((n) => [0x10, 0x04, n]))).catch(() => undefined);
      });
    },
    write: (bytes) => link.write(bytes),
    expectFence: (jobId) => {
      fences.push(jobId);
    },
    expectDone: (jobId, processId) => {
      ids.set(processId, jobId);
    },
    close: (timeoutMs) => link.close(timeoutMs),
  };
};
