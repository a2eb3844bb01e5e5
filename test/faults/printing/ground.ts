import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { startCore } from '../../tools/core-cli.ts';
import { Centre, until } from '../../tools/stage.ts';

/** What one row of printers shares: a centre, and a desk that hears from the visitors. Real processes. */
export interface Ground {
  centre: Centre;
  /** Whether the desk has a call about this job; then it is taken and ended. */
  deskHears(job: string): Promise<boolean>;
  close(): Promise<void>;
}

/** Of the demo's office. */
const RECEPTIONIST = { id: 'anna', pin: '2580' };
/** A machine that is busy with other printers takes its time. */
const START_MS = 90_000;
const HEARD_MS = 15_000;

export const openGround = async (dir: string): Promise<Ground> => {
  await mkdir(dir, { recursive: true });
  const centre = await Centre.start(join(dir, 'centre.db'));
  try {
    const settings = {
      'centre.url': centre.url,
      'centre.enrolmentCode': await centre.code('desk'),
      'desk.lockMinutes': 120,
    };
    const desk = await startCore(join(dir, 'desk'), { version: 1, settings });
    await until(
      'the desk is live',
      async () => {
        const { sync } = (await desk.call('system.state', {})) as { sync: { state: string } };
        return sync.state === 'live' ? true : null;
      },
      START_MS,
    );
    const { outcome } = await desk.call(
      'staff.signIn',
      { person: RECEPTIONIST.id, pin: RECEPTIONIST.pin, totp: null },
      'desk',
    );
    if (outcome !== 'in') throw new Error(`nobody could sign in at the desk: ${String(outcome)}`);
    const calls = async (): Promise<string[]> => {
      const { help } = (await desk.call('desk.office', {}, 'desk')) as unknown as { help: { id: string }[] };
      return help.map(({ id }) => id);
    };
    return {
      centre,
      deskHears: async (job) => {
        const heard = await until(
          'the call',
          async () => ((await calls()).includes(job) ? true : null),
          HEARD_MS,
        ).catch(() => false);
        if (!heard) return false;
        await desk.call('desk.takeHelp', { help: job }, 'desk');
        await desk.call('desk.endHelp', { help: job }, 'desk');
        return true;
      },
      close: async () => {
        await desk.stop();
        await centre.stop();
      },
    };
  } catch (error) {
    await centre.stop();
    throw error;
  }
};
