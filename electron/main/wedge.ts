/**
 * Keyboard-wedge scanners: they type what they read. This tells their typing from a person's and puts the text together
 * from physical keys, so that the keyboard layout of the system does no harm.
 *
 * The first key of a reading cannot be told from a person's: it goes on to the page. From the second key of a fast
 * scanner (60 ms at most), or the fourth of a slow one, the burst is open and its keys are kept from the page, the Enter or
 * Tab at its end and the release of every kept key too. Keys of a burst that turns out to be no reading are lost: a
 * person who types at that speed has no text field to type into on a kiosk.
 */

export interface WedgeKey {
  type: 'keyDown' | 'keyUp';
  /** Physical key, as in KeyboardEvent.code. */
  code: string;
  shift: boolean;
  control: boolean;
  alt: boolean;
  meta: boolean;
  repeat: boolean;
  composing: boolean;
  /** When it came, in milliseconds of a clock that only grows. */
  at: number;
}

export interface WedgeRules {
  /** A pause this long ends a burst without a reading. */
  abandonAfter: number;
  /** Median time between keys up to which Enter or Tab ends a reading. */
  slowestMedian: number;
  /** Without a suffix: silence this long ends a reading whose median is below `fastMedian`. */
  flushAfter: number;
  fastMedian: number;
  /** Second key this soon opens a burst. */
  openGap: number;
  minLength: number;
  /** Longer texts are no codes of anybody; they are swallowed whole. */
  maxLength: number;
  /** After a reading, further suffix keys (CR then LF) this soon belong to it. */
  suffixTail: number;
}

export const WEDGE_RULES: WedgeRules = {
  abandonAfter: 500,
  slowestMedian: 110,
  flushAfter: 180,
  fastMedian: 60,
  openGap: 60,
  minLength: 4,
  maxLength: 4096,
  suffixTail: 120,
};

export interface WedgeOptions {
  /** Calls once after `ms`; the returned function cancels. */
  after: (ms: number, run: () => void) => () => void;
  onRead: (text: string) => void;
  rules?: WedgeRules;
}

export interface Wedge {
  /** @returns whether the key must be kept from the page */
  feed(key: WedgeKey): boolean;
}

/** What the keys of a US keyboard type, plain and with Shift: scanners are set to that country unless told otherwise. */
const US_KEYS: ReadonlyMap<string, readonly [string, string]> = new Map([
  ...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'.split('').map((c) => [`Key${c}`, [c.toLowerCase(), c]] as const),
  ...')!@#$%^&*('.split('').map((c, n) => [`Digit${n}`, [String(n), c]] as const),
  ...'0123456789'.split('').map((c) => [`Numpad${c}`, [c, c]] as const),
  ['Space', [' ', ' ']],
  ['Minus', ['-', '_']],
  ['Equal', ['=', '+']],
  ['BracketLeft', ['[', '{']],
  ['BracketRight', [']', '}']],
  ['Backslash', ['\\', '|']],
  ['IntlBackslash', ['\\', '|']],
  ['Semicolon', [';', ':']],
  ['Quote', ["'", '"']],
  ['Backquote', ['`', '~']],
  ['Comma', [',', '<']],
  ['Period', ['.', '>']],
  ['Slash', ['/', '?']],
  ['NumpadAdd', ['+', '+']],
  ['NumpadSubtract', ['-', '-']],
  ['NumpadMultiply', ['*', '*']],
  ['NumpadDivide', ['/', '/']],
  ['NumpadDecimal', ['.', '.']],
]);

const SUFFIXES = new Set(['Enter', 'NumpadEnter', 'Tab']);
const MODIFIER = /^(Shift|Control|Alt|Meta)(Left|Right)$|^(CapsLock|NumLock)$/;

export function createWedge({ after, onRead, rules = WEDGE_RULES }: WedgeOptions): Wedge {
  let text = '';
  let gaps: number[] = [];
  let lastAt = Number.NEGATIVE_INFINITY;
  let open = false;
  let readAt = Number.NEGATIVE_INFINITY;
  /** A scanner that once ended with a suffix always does: silence then is a stall in the middle, not the end. */
  let hasSuffix = false;
  /** Digits typed on the number pad while Alt is held: some scanners write every character that way. */
  let altDigits = '';
  let cancelSilence = (): void => {};
  /** Keys kept on the way down; their way up is kept too. */
  const kept = new Set<string>();

  const reset = (): void => {
    cancelSilence();
    text = '';
    gaps = [];
    open = false;
    altDigits = '';
  };

  const isReading = (slowest: number): boolean =>
    text.length >= rules.minLength && text.length <= rules.maxLength && median(gaps) <= slowest;

  const read = (at: number): void => {
    const result = text;
    reset();
    readAt = at;
    onRead(result);
  };

  const onSilence = (at: number): void => {
    cancelSilence = after(rules.flushAfter, () => {
      if (!hasSuffix && median(gaps) < rules.fastMedian && isReading(rules.fastMedian))
        return read(at + rules.flushAfter);
      cancelSilence = after(rules.abandonAfter - rules.flushAfter, reset);
    });
  };

  const add = (character: string, at: number): void => {
    cancelSilence();
    if (text !== '') gaps.push(at - lastAt);
    // What is beyond the limit is only counted: the burst is still recognised and kept from the page.
    if (text.length <= rules.maxLength) text += character;
    lastAt = at;
    const [first] = gaps;
    open ||= first !== undefined && first <= rules.openGap;
    open ||= text.length >= rules.minLength && median(gaps) <= rules.slowestMedian;
    onSilence(at);
  };

  const down = (key: WedgeKey): boolean => {
    const { code, at } = key;
    if (MODIFIER.test(code)) return false;
    if (text !== '' && at - lastAt > rules.abandonAfter) reset();
    if (key.repeat || key.composing) return open;
    if (key.alt && !key.control && !key.meta && /^Numpad\d$/.test(code)) {
      altDigits += code.slice(-1);
      return true;
    }
    const justRead = text === '' && at - readAt <= rules.suffixTail;
    if (SUFFIXES.has(code) && !key.control && !key.alt && !key.meta) {
      if (justRead) return true;
      if (text === '') return false;
      // The gap before the suffix counts like any other; a single key and Enter are a person's.
      gaps.push(at - lastAt);
      if (isReading(rules.slowestMedian)) {
        hasSuffix = true;
        read(at);
        return true;
      }
      const wasOpen = open;
      reset();
      return wasOpen;
    }
    if (key.control || key.alt || key.meta || code === 'F12') {
      // Control characters of a code (Ctrl+J is LF, Ctrl+] is GS, F12 is sent by some for others) carry nothing for us.
      if (open) lastAt = at;
      return open || justRead;
    }
    const character = US_KEYS.get(code)?.[key.shift ? 1 : 0];
    if (character === undefined) return open;
    add(character, at);
    return open;
  };

  const up = (key: WedgeKey): boolean => {
    if (key.code.startsWith('Alt') && altDigits !== '') {
      const value = Number(altDigits.slice(-4));
      altDigits = '';
      if (text !== '' && key.at - lastAt > rules.abandonAfter) reset();
      if (value >= 0x20 && value < 0x7f) add(String.fromCharCode(value), key.at);
    }
    return kept.delete(key.code);
  };

  return {
    feed: (key) => {
      if (key.type === 'keyUp') return up(key);
      const keep = down(key);
      if (keep) kept.add(key.code);
      else kept.delete(key.code);
      return keep;
    },
  };
}

function median(values: readonly number[]): number {
  if (values.length === 0) return Number.POSITIVE_INFINITY;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}
