import type { Clock, PrinterLink } from '../ports.ts';
import type { Answers, Dialect, Question } from './dialect.ts';
import type { PrinterCondition } from './status.ts';

/** One connection to a printer, as questions and answers instead of bytes. */
export interface Conversation {
  /** The line is up. */
  readonly alive: boolean;
  /** Every question has been answered, so the next answer will be to the next question. */
  readonly clean: boolean;
  /**
   * Asks all of `questions` at once; the printer answers in the same order, also when it is offline.
   * @returns the answers there were by then; never rejects. Ask one thing at a time.
   */
  ask(questions: readonly Question[], timeoutMs: number): Promise<Answers>;
  /** Sends a job. Rejects when the line died. */
  write(bytes: Uint8Array): Promise<void>;
  /** A job was sent whose fence will be answered after those of the jobs before it. */
  expectFence(jobId: string): void;
  /** A job was sent that will be answered with this id. */
  expectDone(jobId: string, processId: string): void;
  /** A job was sent whose id has not been said, or whose fence has not been answered. */
  readonly owing: boolean;
  /** What is owed until now is not counted as owed any more; when an id comes after all, it is still told. */
  forgive(): void;
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
  answers: Map<Question, readonly number[]>;
  end: () => void;
}

export const converse = (link: PrinterLink, clock: Clock, dialect: Dialect, on: ConversationEvents): Conversation => {
  const parser = dialect.parser();
  let alive = true;
  let clean = true;
  let pending: Pending | null = null;
  const fences: string[] = [];
  const ids = new Map<string, string>();
  const owed = new Set<string>();

  const answer = (bytes: readonly number[]): void => {
    const question = pending?.questions.find((q) => !pending?.answers.has(q));
    if (!pending || question === undefined) {
      // Where one answer says all, one that nobody asked for is as good as being told.
      const [only, ...more] = dialect.questions;
      if (only !== undefined && more.length === 0) on.condition(dialect.interpret(new Map([[only, bytes]])));
      return;
    }
    pending.answers.set(question, bytes);
    if (pending.answers.size === pending.questions.length) pending.end();
  };
  const done = (processId: string): void => {
    const jobId = ids.get(processId);
    if (jobId === undefined) return;
    ids.delete(processId);
    owed.delete(jobId);
    // Answers come in the order of the jobs: a printer that got here will not answer the fences of earlier ones.
    const own = fences.indexOf(jobId);
    if (own > 0) fences.splice(0, own);
    on.done(jobId);
  };

  link.onData((bytes) => {
    for (const reply of parser.push(bytes)) {
      if (reply.kind === 'answer') answer(reply.bytes);
      else if (reply.kind === 'told') on.condition(reply.condition);
      else if (reply.kind === 'done') done(reply.processId);
      else {
        const jobId = fences.shift();
        if (jobId === undefined) continue;
        // Its end is known. An id may follow, and is still told; a printer that only knows fences never says one.
        owed.delete(jobId);
        on.fence(jobId);
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
        const answers = new Map<Question, readonly number[]>();
        const end = (): void => {
          stop();
          pending = null;
          if (answers.size < questions.length) clean = false;
          resolve(answers);
        };
        const stop = Number.isFinite(timeoutMs) ? clock.after(timeoutMs, end) : () => undefined;
        pending = { questions, answers, end };
        // A line that died is told by onClose.
        link.write(Uint8Array.from(questions.flatMap((q) => dialect.ask(q)))).catch(() => undefined);
      });
    },
    write: (bytes) => link.write(bytes),
    expectFence: (jobId) => {
      fences.push(jobId);
    },
    expectDone: (jobId, processId) => {
      ids.set(processId, jobId);
      owed.add(jobId);
    },
    get owing() {
      return owed.size > 0 || fences.length > 0;
    },
    forgive: () => {
      owed.clear();
      fences.length = 0;
    },
    close: (timeoutMs) => link.close(timeoutMs),
  };
};
