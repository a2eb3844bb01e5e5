import pino from 'pino';
import type { Log, LogFields } from './ports.ts';

/** Names of fields that never reach a log, at any depth that we log: code texts, tokens, keys, people. */
const SECRET_FIELDS = [
  'text',
  'token',
  'code',
  'secret',
  'key',
  'jwk',
  'proof',
  'authorization',
  'name',
  'phone',
  'pin',
  'birth',
  'document',
];

/** Anything that looks like a confirmation or a signed token, wherever it got into a text. */
const SECRET_TEXTS = /\bEZ1[A-Z2-7]{20,}|\beyJ[\w-]+\.[\w-]+\.[\w-]+/gi;

const scrub = (value: unknown, depth = 0): unknown => {
  if (typeof value === 'string') return value.replace(SECRET_TEXTS, '[secret]').slice(0, 2000);
  if (value === null || typeof value !== 'object' || depth > 6) return value;
  if (Array.isArray(value)) return value.slice(0, 100).map((v) => scrub(v, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([k, v]) => [k, SECRET_FIELDS.includes(k) ? '[secret]' : scrub(v, depth + 1)]),
  );
};

/**
 * JSON lines: `{"level":"info","time":"2026-11-23T08:00:00.000Z","event":"checkin.committed",...}`.
 * @param file the file to append to, or `null` for standard error
 */
export const createLog = (
  file: string | null,
  level: string,
): Log & { close: () => void; setLevel: (level: string) => void } => {
  const destination = pino.destination(
    file === null ? { dest: 2, sync: true } : { dest: file, mkdir: true, sync: true },
  );
  const logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
  const write =
    (at: 'debug' | 'info' | 'warn' | 'error') =>
    (event: string, fields: LogFields = {}) => {
      logger[at]({ event, ...(scrub(fields) as LogFields) });
    };
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    setLevel: (next) => {
      logger.level = next;
    },
    close: () => destination.flushSync(),
  };
};
