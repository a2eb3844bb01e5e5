import Database from 'better-sqlite3';
import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { randomOf } from '../fixtures/number-world.ts';
import { ROOT } from '../tools/paths.ts';
import { startProcess, type StartedProcess } from '../tools/proc.ts';
import { TestDevice } from '../centre/test-device.ts';
import { Replica } from '../centre/test-replica.ts';
import { closeCentres, enrol, start, TODAY } from '../centre/test-stage.ts';

/** What is in a backup is durable; what was told after it is told again when it has to be put back. */

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'talon-centre-backup-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});
afterEach(closeCentres);

const file = (name: string): string => path.join(folder, name);
const walkIn = (device: TestDevice, number: number) => device.walkIn({ businessDate: TODAY, number });
const visitsIn = (name: string): string[] => {
  const db = new Database(name, { readonly: true });
  try {
    return db
      .prepare<[], { id: string }>('SELECT visit_id AS id FROM visit ORDER BY visit_id')
      .all()
      .map(({ id }) => id);
  } finally {
    db.close();
  }
};

describe('a backup', () => {
  it('makes durable what is in it, and nothing that came later', async () => {
    const centre = await start();
    const [device, other] = [await enrol(centre), await enrol(centre)];
    // Where there never was one, what is committed is as durable as it gets.
    expect(await device.push(walkIn(device, 1))).toMatchObject({ acked_seq: 1, durable_seq: 1 });
    await other.push(walkIn(other, 11));
    await centre.backup(file('first.db'));
    expect(await device.push(walkIn(device, 2))).toMatchObject({ acked_seq: 2, durable_seq: 1 });
    expect(await device.call('hello', device.standing())).toMatchObject({ expected_seq: 3, durable_seq: 1 });
    expect(await other.call('hello', other.standing())).toMatchObject({ durable_seq: 1 });
    const late = await enrol(centre);
    expect(await late.push(walkIn(late, 21))).toMatchObject({ acked_seq: 1, durable_seq: 0 });
    await centre.backup(file('first.db'));
    expect(await device.push(walkIn(device, 3))).toMatchObject({ acked_seq: 3, durable_seq: 2 });
    expect(visitsIn(file('first.db'))).toHaveLength(4);
  });

  it('that cannot be written makes nothing durable, and leaves the one before it', async () => {
    const centre = await start();
    const device = await enrol(centre);
    await device.push(walkIn(device, 1));
    await centre.backup(file('kept.db'));
    await device.push(walkIn(device, 2));
    await expect(centre.backup(file('nowhere/x.db'))).rejects.toThrow('directory does not exist');
    expect(await device.push(walkIn(device, 3))).toMatchObject({ acked_seq: 3, durable_seq: 1 });
    expect(visitsIn(file('kept.db'))).toHaveLength(1);
    expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  it('is whole, however much comes in while it is written', async () => {
    const centre = await start({ db: file('busy.db') });
    const device = await enrol(centre);
    const sent: string[] = [];
    let written = false;
    const backup = centre.backup(file('busy-copy.db')).then(() => (written = true));
    for (let n = 1; n <= 20 || !written; n += 1) {
      const op = walkIn(device, n);
      await device.push(op);
      sent.push(op.payload.visit_id);
    }
    await backup;
    const { durable_seq: durable } = await device.push(walkIn(device, 999));
    const saved = visitsIn(file('busy-copy.db'));
    // At least what was durable is in it, and no part of anything.
    expect(saved.length).toBeGreaterThanOrEqual(durable);
    expect(sent.slice(0, saved.length).toSorted()).toEqual(saved);
    const copy = await start({ db: file('busy-copy.db'), restored: true });
    expect(copy.context.db.pragma('integrity_check', { simple: true })).toBe('ok');
    expect(copy.context.db.pragma('foreign_key_check')).toEqual([]);
  });

  it('can be asked for by a knob', async () => {
    const centre = await start();
    const device = await enrol(centre);
    await device.push(walkIn(device, 1));
    const turn = async (backup: string) =>
      fetch(`${centre.url}/control`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ backup }),
      });
    expect((await turn(file('knob.db'))).status).toBe(200);
    expect(visitsIn(file('knob.db'))).toHaveLength(1);
    expect((await turn(file('nowhere/knob.db'))).status).toBe(500);
  });
});

describe('a centre that was put back from a backup', () => {
  it('has every operation once again when its devices have told theirs, and they hold what it holds', async () => {
    const centre = await start({ db: file('live.db') });
    const devices = [await enrol(centre), await enrol(centre), await enrol(centre)];
    const replicas = devices.map(() => new Replica());
    const ops = devices.map(() => [] as ReturnType<TestDevice['walkIn']>[]);
    const tell = async (from: number) => {
      for (const [i, device] of devices.entries()) {
        for (let n = 0; n <= i; n += 1) {
          const op = walkIn(device, from + 10 * i + n);
          ops[i]?.push(op);
          await device.push(op);
        }
        await replicas[i]?.pull(device);
      }
    };
    await tell(100);
    await centre.backup(file('saved.db'));
    await tell(200);
    const before = centre.context.epoch;
    await centre.close();
    copyFileSync(file('saved.db'), file('restored.db'));

    const again = await start({ db: file('restored.db'), restored: true });
    expect(again.context.epoch).not.toBe(before);
    for (const [i, device] of devices.entries()) {
      device.url = again.url;
      await device.signIn();
      const mine = ops[i] ?? [];
      expect(await device.tryPush(walkIn(device, 900))).toMatchObject({ problem: { type: '/problems/epoch-changed' } });
      const answer = await device.hello();
      expect(answer).toEqual({
        epoch: again.context.epoch,
        expected_seq: mine.length / 2 + 1,
        durable_seq: mine.length / 2,
        resync: 'rewind',
      });
      const pushed = await device.push(...mine.slice(answer.expected_seq - 1));
      expect(pushed.acked_seq).toBe(mine.length);
      expect(pushed.results.every(({ status }) => status === 'applied')).toBe(true);
      expect((await device.call('hello', device.standing({ cursor: '' }))).resync).toBe('none');
    }
    expect(visitsIn(file('restored.db'))).toEqual(
      ops
        .flat()
        .map((op) => op.payload.visit_id)
        .toSorted(),
    );
    for (const [i, device] of devices.entries()) {
      expect(await device.ask('changes', { cursor: device.cursor })).toMatchObject({ status: 410 });
      expect(await device.call('hello', device.standing())).toMatchObject({ resync: 'snapshot' });
      const replica = new Replica();
      await replica.take(device, device.snapshot());
      const told = await replica.pull(device);
      expect(replica.digests()).toEqual(told);
      expect(replica.of('visit').size).toBe(ops.flat().length);
      expect(replicas[i]?.of('visit').size).toBeGreaterThan(0);
    }
  });
});

describe('the program', () => {
  const processes: StartedProcess[] = [];
  const run = async (...args: string[]): Promise<StartedProcess> => {
    const started = await startProcess({
      cmd: process.execPath,
      args: [path.join(ROOT, 'test', 'centre', 'cli.ts'), '--port', '0', ...args],
      readyEvent: 'ready',
    });
    processes.push(started);
    return started;
  };
  afterEach(async () => {
    await Promise.all(processes.splice(0).map((one) => one.stop('SIGKILL')));
  });

  it('is killed while devices tell and a backup is written: what it acknowledged is there, once', async () => {
    const random = randomOf(20_261);
    const [db, copy] = [file('killed.db'), file('killed-copy.db')];
    const args = ['--db', db, '--seed', 'demo', '--control', '--no-counters', '--now', '2026-03-16T12:00:00+03:00'];
    let centre = await run(...args);
    const codes = centre.ready['enrolment'] as string[];
    const devices = await Promise.all(
      codes.slice(0, 3).map(async (code) => TestDevice.enrol(String(centre.ready['url']), code)),
    );
    const told = devices.map(() => [] as ReturnType<TestDevice['walkIn']>[]);
    const acked = devices.map(() => 0);
    let number = 0;
    const backUp = async (at: StartedProcess): Promise<Response> =>
      fetch(`${String(at.ready['url'])}/control`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ backup: copy }),
      });
    // One is whole; those that follow may all be cut off.
    expect((await backUp(centre)).ok).toBe(true);
    for (let round = 0; round < 5; round += 1) {
      const at = centre;
      // Somewhere among these it is killed.
      const killAfter = 2 + Math.floor(random() * 12);
      let answers = 0;
      const killed = { value: false };
      const asked = devices.map(async (device, i) => {
        for (;;) {
          // What was not answered before comes first, as it was.
          const known = told[i] ?? [];
          const open = known.slice(acked[i]);
          while (open.length < 3) {
            const op = walkIn(device, (number += 1));
            known.push(op);
            open.push(op);
          }
          try {
            acked[i] = (await device.push(...open)).acked_seq;
          } catch (error) {
            if (killed.value) return;
            throw error;
          }
          answers += 1;
          if (answers === killAfter) {
            killed.value = true;
            await at.stop('SIGKILL');
          }
        }
      });
      const backups = (async () => {
        while (!killed.value) await backUp(at).catch(() => undefined);
      })();
      await Promise.all([...asked, backups]);
      centre = await run(...args);
      for (const device of devices) device.url = String(centre.ready['url']);
      for (const [i, device] of devices.entries()) {
        const open = told[i]?.slice(acked[i]) ?? [];
        const last_hash = device.hashesOf(open, device.hashes.get(acked[i] ?? 0) ?? '').at(-1) ?? '';
        const answer = await device.call('hello', device.standing({ last_seq: told[i]?.length ?? 0, last_hash }));
        // It may have more than it could say, never less.
        expect(answer.expected_seq).toBeGreaterThan(acked[i] ?? 0);
        expect(answer.durable_seq).toBeLessThan(answer.expected_seq);
        expect(answer.resync).toBe('none');
      }
    }
    for (const [i, device] of devices.entries()) await device.push(...(told[i] ?? []).slice(acked[i]));
    await centre.stop();
    expect(visitsIn(db)).toEqual(
      told
        .flat()
        .map((op) => op.payload.visit_id)
        .toSorted(),
    );
    expect(existsSync(copy)).toBe(true);

    // And the backup, whichever it is, can be put back.
    const restored = await run(...args.with(1, copy), '--restored');
    const devicesAgain = devices.map((device) => Object.assign(device, { url: String(restored.ready['url']) }));
    for (const [i, device] of devicesAgain.entries()) {
      device.acked = told[i]?.length ?? 0;
      const { expected_seq: from } = await device.hello();
      await device.push(...(told[i] ?? []).slice(from - 1));
    }
    const [first] = devicesAgain;
    const replica = new Replica();
    if (first) await replica.take(first, first.snapshot());
    expect(first && replica.digests()).toEqual(first && (await replica.pull(first)));
    await restored.stop();
    expect(visitsIn(copy)).toEqual(
      told
        .flat()
        .map((op) => op.payload.visit_id)
        .toSorted(),
    );
  });
});
