import { describe, expect, it } from 'vitest';
import { DESK_NEEDS, guardDesk } from '../../electron/core/desk/rights-table.ts';
import { appContract } from '../../shared/contracts/app.ts';
import { ROLES } from '../../shared/contracts/define.ts';
import { CallFailure } from '../../shared/contracts/result.ts';
import { rightsOf, STAFF_ROLES, type Right, type StaffRole } from '../../shared/domain/rights.ts';

/** Who may call what: every method of the contract for every window, and for every role of staff at the desk. */

/**
 * `k` the kiosk's window, `s` the command line; at the desk `R` receptionist, `S` senior, `A` administrator, `U` auditor,
 * `0` somebody who is not signed in.
 */
const TABLE: Record<string, string> = {
  'core.ping': 'ks RSAU0',
  'system.state': 'ks RSAU0',
  'checkin.scan': 'ks',
  'checkin.number': 'ks',
  'checkin.booking': 'ks',
  'walkin.catalogue': 'ks',
  'walkin.prepare': 'k',
  'walkin.take': 'ks',
  'slots.list': 'ks',
  'booking.create': 'ks',
  'booking.reschedule': 'ks',
  'booking.cancel': 'ks',
  'help.call': 'ks',
  'help.over': 'ks',
  'device.report': 'k',
  'device.machine': 'k',
  'feedback.send': 'ks',
  'ticket.copy': 'ks',
  'print.job': 'ks RSAU',
  'print.list': 's',
  'device.enrol': 'ks',
  'settings.list': 's',
  'sync.now': 's',
  'visit.undo': 's',
  'visit.edit': 's',
  'conflict.list': 's',
  'conflict.resolve': 's',
  'visit.list': 's',
  'setup.enrol': ' RSAU0',
  'setup.printers': ' RSAU0',
  'setup.find': ' RSAU0',
  'setup.probe': ' RSAU0',
  'setup.testPage': ' RSAU0',
  'setup.savePrinters': ' RSAU0',
  'setup.machine': ' RSAU0',
  'setup.trial': ' RSAU0',
  'setup.done': ' RSAU0',
  'staff.state': ' RSAU0',
  'staff.signIn': ' RSAU0',
  'staff.emergency': ' RSAU0',
  'staff.lock': ' RSAU0',
  'staff.unlock': ' RSAU0',
  'staff.signOut': ' RSAU0',
  'staff.touch': ' RSAU0',
  'staff.handover': ' RSAU',
  'desk.list': ' RSA',
  'desk.card': ' RS',
  'desk.find': ' RSA',
  'desk.scan': ' RSA',
  'desk.checkIn': ' RS',
  'desk.undo': ' RS',
  'desk.catalogue': ' RS',
  'desk.walkIn': ' RS',
  'desk.edit': ' RS',
  'desk.slots': ' RSA',
  'desk.book': ' RS',
  'desk.reschedule': ' RS',
  'desk.cancel': ' RS',
  'desk.noShow': ' RS',
  'desk.copy': ' RS',
  'desk.send': ' RS',
  'desk.queue': ' RSA',
  'desk.stage': ' RS',
  'desk.office': ' RSA',
  'desk.order': ' SA',
  'desk.takeHelp': ' RS',
  'desk.endHelp': ' RS',
  'desk.tasks': ' RS',
  'desk.decide': ' RS',
  'numbers.days': ' SAU',
  'numbers.get': ' SAU',
  'numbers.csv': ' SAU',
  'audit.list': ' AU',
  'audit.verify': ' AU',
  'audit.csv': ' AU',
  'print.answer': 'ks',
  'printers.history': 's RSA',
  'printers.newRoll': 's RSA',
  'printers.list': ' A',
  'printers.find': ' A',
  'printers.probe': ' A',
  'printers.testPage': ' A',
  'printers.save': ' A',
  'printers.undo': ' A',
  'printers.restart': ' A',
  'ticket.template': ' A',
  'ticket.preview': ' A',
  'ticket.read': ' A',
  'ticket.save': ' A',
  'settings.view': ' A',
  'settings.set': ' A',
};

const LETTERS: Record<StaffRole, string> = { receptionist: 'R', senior: 'S', administrator: 'A', auditor: 'U' };
const at = (role: StaffRole | null) => {
  const anybody = (): string => {
    if (role === null) throw new CallFailure('forbidden', 'nobody');
    return role;
  };
  return {
    anybody,
    require: (right: Right): string => {
      if (!rightsOf(anybody() as StaffRole, null).has(right)) throw new CallFailure('forbidden', right);
      return anybody();
    },
  };
};
const passes = (role: StaffRole | null, method: string): boolean => {
  try {
    guardDesk(at(role), method);
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(CallFailure);
    return false;
  }
};

describe('who may call what', () => {
  const methods = Object.entries(appContract.methods);
  it('is told of every method, and of nothing else', () => {
    expect(Object.keys(TABLE).sort()).toEqual(methods.map(([name]) => name).sort());
    const desk = methods.filter(([, { roles }]) => (roles as readonly string[]).includes('desk')).map(([name]) => name);
    expect(Object.keys(DESK_NEEDS).sort()).toEqual(desk.sort());
  });
  it.each(methods)('%s', (name, { roles }) => {
    const [windows = '', staff = ''] = (TABLE[name] ?? '').split(' ');
    const letter = { kiosk: 'k', service: 's', desk: '' };
    for (const role of ROLES) {
      const expected = role === 'desk' ? staff !== '' : windows.includes(letter[role]);
      expect([role, (roles as readonly string[]).includes(role)]).toEqual([role, expected]);
    }
    for (const role of STAFF_ROLES) expect([role, passes(role, name)]).toEqual([role, staff.includes(LETTERS[role])]);
    expect(['nobody', passes(null, name)]).toEqual(['nobody', staff.includes('0')]);
  });
  it('is nobody for what is not known', () => {
    for (const name of ['desk.nothing', 'constructor', '__proto__', ''])
      for (const role of [...STAFF_ROLES, null]) expect(passes(role, name)).toBe(false);
  });
});
