import type { HelpRecord, Operation } from '../../shared/contracts/centre/schemas.ts';
import { addDays } from '../../shared/domain/business-day.ts';
import { append } from './change-log.ts';
import { officeDate, type Context } from './context.ts';
import type { Device } from './devices.ts';
import { applied, conflict, type Outcome } from './outcome.ts';
import { timesOf } from './rules.ts';

/**
 * Calls for help from kiosks. What was said of one (somebody calls, somebody is with him, it is over) comes from several
 * devices in any order; what follows is worked out from all of it. All devices of the office learn of it, the kiosk too:
 * whoever calls sees that he is heard.
 */

type Of<T extends Operation['type']> = Extract<Operation, { type: T }>;

/** Calls of today and of this many days before are held by devices. */
const DAYS_BEFORE = 1;

interface WordRow {
  device_id: string;
  op_id: string;
  kind: 'call' | 'take' | 'over';
  business_date: string;
  at: number;
  ranked_at: number;
  actor: string | null;
  screen: string;
  reason: string | null;
  booking_id: string | null;
  visit_id: string | null;
  result_visit: string | null;
}

interface CallRow {
  office_id: number;
  help_id: string;
  rev: number;
  told: string | null;
}

/** What was said of a call, the first first; of the same time that with the lower operation id. */
const wordsOf = ({ db }: Context, officeId: number, helpId: string): WordRow[] =>
  db
    .prepare<[number, string], WordRow>(
      'SELECT * FROM help_word WHERE office_id = ? AND help_id = ? ORDER BY ranked_at, op_id',
    )
    .all(officeId, helpId);

/** @returns the row, and where it came from; null while only its end or that it was taken is known */
const recordOf = (words: readonly WordRow[]): HelpRecord | null => {
  const call = words.find(({ kind }) => kind === 'call');
  if (!call) return null;
  const take = words.find(({ kind }) => kind === 'take');
  const ends = words.filter(({ kind }) => kind === 'over');
  const [over] = ends;
  return {
    business_date: call.business_date,
    device_id: call.device_id,
    at: call.at,
    screen: call.screen,
    reason: call.reason,
    booking_id: call.booking_id,
    visit_id: call.visit_id,
    state: over ? 'over' : take ? 'taken' : 'open',
    by: take?.actor ?? null,
    taken_at: take?.at ?? null,
    over_at: over?.at ?? null,
    result_visit: ends.find(({ result_visit: visit }) => visit !== null)?.result_visit ?? null,
  };
};

/** Tells the devices what a call is now; one of a day that is over leaves them. */
const publish = (context: Context, officeId: number, helpId: string): void => {
  const { db } = context;
  const row = db
    .prepare<[number, string], CallRow>('SELECT * FROM help_call WHERE office_id = ? AND help_id = ?')
    .get(officeId, helpId);
  if (!row) return;
  const record = recordOf(wordsOf(context, officeId, helpId));
  const first = addDays(officeDate(context, officeId, context.now()), -DAYS_BEFORE);
  const told = record && record.business_date >= first ? JSON.stringify(record) : null;
  if (told === row.told) return;
  const rev = row.rev + 1;
  db.prepare('UPDATE help_call SET rev = ?, told = ? WHERE office_id = ? AND help_id = ?').run(
    rev,
    told,
    officeId,
    helpId,
  );
  append(context, officeId, 'help', helpId, rev, told === null ? 'evict' : 'put', told === null ? null : record);
};

/** Evicts the calls of days that are over. */
export const moveHelp = (context: Context, officeId: number): void => {
  const rows = context.db
    .prepare<[number], { help_id: string }>('SELECT help_id FROM help_call WHERE office_id = ? AND told IS NOT NULL')
    .all(officeId);
  for (const { help_id: id } of rows) publish(context, officeId, id);
};

const isCall = (op: Of<'help'> | Of<'help.take'>): op is Of<'help'> => op.type === 'help';

/** Writes down what was said of a call, and works out what it is now. @returns all that was said of it */
const say = (context: Context, device: Device, op: Of<'help'> | Of<'help.take'>): WordRow[] => {
  const { db, now } = context;
  const helpId = op.payload.help_id;
  const { at, ranked } = timesOf(context, op);
  const today = officeDate(context, device.officeId, now());
  const said = isCall(op) ? op.payload : null;
  db.prepare('INSERT INTO help_word VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)').run(
    device.id,
    op.op_id.toLowerCase(),
    device.officeId,
    helpId,
    said === null ? 'take' : said.over ? 'over' : 'call',
    // One of a day to come is of a wrong clock: somebody stands there now.
    op.business_date > today ? today : op.business_date,
    at,
    ranked,
    op.actor ?? null,
    said?.screen ?? '',
    said?.reason ?? null,
    said?.booking_id ?? null,
    said?.visit_id ?? null,
    said?.result_visit ?? null,
  );
  const words = wordsOf(context, device.officeId, helpId);
  const [first] = words;
  const call = words.find(({ kind }) => kind === 'call') ?? first;
  if (!call) throw new Error(`nothing was said of the call ${helpId}`);
  const take = words.find(({ kind }) => kind === 'take');
  db.prepare(
    `INSERT INTO help_call VALUES (@office, @id, 0, @device, @date, @screen, @reason, @called, @by, @taken, @over, NULL)
     ON CONFLICT DO UPDATE SET device_id = excluded.device_id, business_date = excluded.business_date,
       screen = excluded.screen, reason = excluded.reason, called_at = excluded.called_at, taken_by = excluded.taken_by,
       taken_at = excluded.taken_at, over_at = excluded.over_at`,
  ).run({
    office: device.officeId,
    id: helpId,
    device: call.device_id,
    date: call.business_date,
    screen: call.screen,
    reason: call.reason,
    called: call.at,
    by: take?.actor ?? null,
    taken: take?.at ?? null,
    over: words.find(({ kind }) => kind === 'over')?.at ?? null,
  });
  publish(context, device.officeId, helpId);
  context.tell({ type: 'visit' });
  return words;
};

export const applyHelp = (context: Context, device: Device, op: Of<'help'>): Outcome => {
  say(context, device, op);
  return applied;
};

/** The first who took it is with him; whoever was later learns that he need not come. One may come before its call. */
export const takeHelp = (context: Context, device: Device, op: Of<'help.take'>): Outcome => {
  if (!device.roles.includes('desk')) return conflict('not-allowed', 'Only a desk takes calls for help');
  const words = say(context, device, op);
  const first = words.find(({ kind }) => kind === 'take');
  return first?.op_id === op.op_id.toLowerCase() && first.device_id === device.id
    ? applied
    : conflict('already-taken', 'Somebody else had taken it before');
};
