import { CallFailure } from '../../../shared/contracts/result.ts';
import type { Right } from '../../../shared/domain/rights.ts';

/**
 * What each method of the desk needs: a right, somebody who is signed in (`anybody`), or nothing (`open`: what the door
 * itself needs). A method that is not here is refused, so a new one cannot be forgotten.
 */
export const DESK_NEEDS: Readonly<Record<string, Right | 'anybody' | 'open'>> = {
  'core.ping': 'open',
  'system.state': 'open',
  'print.job': 'anybody',
  // Each looks itself whether this machine belongs to nobody yet.
  'setup.enrol': 'open',
  'setup.printers': 'open',
  'setup.find': 'open',
  'setup.probe': 'open',
  'setup.testPage': 'open',
  'setup.savePrinters': 'open',
  'setup.machine': 'open',
  'setup.trial': 'open',
  'setup.done': 'open',
  'staff.state': 'open',
  'staff.signIn': 'open',
  'staff.emergency': 'open',
  'staff.lock': 'open',
  'staff.unlock': 'open',
  'staff.signOut': 'open',
  'staff.touch': 'open',
  'staff.handover': 'anybody',
  'desk.list': 'list',
  'desk.card': 'person',
  'desk.find': 'list',
  'desk.scan': 'list',
  'desk.checkIn': 'checkin',
  'desk.undo': 'undo',
  'desk.catalogue': 'walkin',
  'desk.walkIn': 'walkin',
  // The claim asks for `priority` beside it.
  'desk.edit': 'edit',
  'desk.slots': 'list',
  'desk.book': 'reschedule',
  'desk.reschedule': 'reschedule',
  'desk.cancel': 'cancel',
  'desk.noShow': 'noshow',
  'desk.copy': 'reprint',
  'desk.send': 'send',
  'desk.queue': 'list',
  'desk.stage': 'serve',
  'desk.office': 'kiosks',
  'desk.order': 'order',
  'desk.takeHelp': 'help',
  'desk.endHelp': 'help',
  'desk.tasks': 'decide',
  'desk.decide': 'decide',
  'numbers.days': 'numbers',
  'numbers.get': 'numbers',
  'numbers.csv': 'numbers',
  'audit.list': 'audit',
  'audit.verify': 'audit',
  'audit.csv': 'audit',
  'printers.history': 'kiosks',
  'printers.newRoll': 'kiosks',
  'printers.list': 'settings',
  'printers.find': 'settings',
  'printers.probe': 'settings',
  'printers.testPage': 'settings',
  'printers.save': 'settings',
  'printers.undo': 'settings',
  'printers.restart': 'settings',
  'ticket.template': 'settings',
  'ticket.preview': 'settings',
  'ticket.read': 'settings',
  'ticket.save': 'settings',
  'settings.view': 'settings',
  'settings.set': 'settings',
};

/** @throws CallFailure forbidden when whoever is at the desk may not call the method */
export const guardDesk = (
  staff: { require: (right: Right) => string; anybody: () => string },
  method: string,
): void => {
  const needs = Object.hasOwn(DESK_NEEDS, method) ? DESK_NEEDS[method] : undefined;
  if (needs === undefined) throw new CallFailure('forbidden', `${method} is not for the desk`);
  if (needs === 'open') return;
  if (needs === 'anybody') staff.anybody();
  else staff.require(needs);
};
