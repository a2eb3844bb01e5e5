import { openStore } from '../../electron/core/store/store.ts';
import { localDigest } from '../../electron/core/sync/digest.ts';
import { opHash } from '../../electron/core/sync/chain.ts';
import { collectionsOf } from '../../electron/core/sync/snapshot.ts';
import { GENESIS_HASH } from '../../shared/contracts/centre/schemas.ts';
import { digestsFor } from '../centre/feed.ts';
import { memoryLog } from '../fixtures/sqlite.ts';
import { OFFICE, type Chaos } from './world.ts';

/** What has to be true when everything is well again. @returns what is not, in words */
export const check = async (world: Chaos): Promise<string[]> => {
  const wrong = [...world.faults, ...world.alarms];
  const { db } = world.context();
  const atCentre = new Map<string, number>();
  for (const { op_id } of db.prepare<[], { op_id: string }>('SELECT op_id FROM operation').all()) {
    atCentre.set(op_id, (atCentre.get(op_id) ?? 0) + 1);
  }
  const parkedSomewhere = new Set<string>();
  for (const machine of world.machines) {
    const answer = await machine.core?.call('service', 'system.state', {});
    const state =
      answer?.ok === true ? (answer.value as { sync: { state: string; waiting: number; parked: number } }).sync : null;
    const outbox = world.rows(machine, 'SELECT * FROM outbox ORDER BY seq');
    const parked = outbox.filter((row) => row['state'] === 'parked');
    for (const row of parked) parkedSomewhere.add(String(row['op_id']));
    if (state?.parked !== parked.length)
      wrong.push(`${machine.name}: ${parked.length} are parked, ${state?.parked} are shown`);
    if (state?.waiting !== 0) wrong.push(`${machine.name}: ${state?.waiting} still wait (${state?.state})`);
    if (state && !['live', 'attention'].includes(state.state)) wrong.push(`${machine.name} is ${state.state}`);
    let prev = GENESIS_HASH;
    for (const row of outbox) {
      prev = opHash(prev, JSON.parse(String(row['body'])));
      if (prev !== row['hash']) wrong.push(`${machine.name}: the chain breaks at ${String(row['seq'])}`);
      const times = atCentre.get(String(row['op_id'])) ?? 0;
      const wanted = row['withheld'] === 1 ? 0 : 1;
      if (times !== wanted) {
        wrong.push(
          `${machine.name}: ${String(row['type'])} ${String(row['op_id'])} (${String(row['state'])}) is at the centre ${times} times`,
        );
      }
    }
    const store = openStore(() => ({ ...machine.driver, close: () => undefined }), memoryLog());
    const there = new Map(digestsFor(world.context(), { officeId: OFFICE, roles: ['kiosk'] }).map((d) => [d.c, d]));
    for (const c of collectionsOf(['kiosk'])) {
      // How the machines are goes on changing when all is calm: whoever polls hears of it a little later.
      if (c === 'device') continue;
      const here = await localDigest(store, c);
      const told = there.get(c) ?? { c, count: 0, xor: '0'.repeat(16) };
      if (here.count !== told.count || here.xor !== told.xor)
        wrong.push(`${machine.name}: ${c} differs, ${here.count} here and ${told.count} there`);
    }
  }
  const numbers = new Map<string, string>();
  for (const g of world.given) {
    const key = `${g.date} ${g.series} ${g.number}`;
    if (numbers.has(key)) wrong.push(`number ${key} was given to ${numbers.get(key) ?? ''} and ${g.visit}`);
    numbers.set(key, g.visit);
    const known = db.prepare('SELECT 1 FROM visit WHERE visit_id = ?').get(g.visit) !== undefined;
    const machine = world.machines.find((m) => m.name === g.device);
    const [op] = machine
      ? world.rows(machine, `SELECT op_id FROM outbox WHERE entity_id = ? AND type IN ('checkin', 'walkin')`, g.visit)
      : [];
    if (!op) wrong.push(`${g.device} has forgotten ${g.visit}`);
    else if (!known && !parkedSomewhere.has(String(op['op_id'])))
      wrong.push(`the centre does not know of ${g.visit}, which is not parked`);
  }
  return wrong;
};
