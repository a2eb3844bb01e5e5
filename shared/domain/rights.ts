/**
 * Who may do what at a desk. The centre may say it otherwise for its offices (setting `staff.rights`); what stands here is
 * what holds when it says nothing.
 */

export const STAFF_ROLES = ['receptionist', 'senior', 'administrator', 'auditor'] as const;
export type StaffRole = (typeof STAFF_ROLES)[number];

export const RIGHTS = [
  /** See the day's list, the queue and the tiles. */
  'list',
  /** Look at one person: name, phone, document. */
  'person',
  'checkin',
  'undo',
  /** Let somebody in against the rules, with a reason. */
  'override',
  /** Be the second person where that takes two. */
  'approve',
  'walkin',
  /** Note, services, companion, group. */
  'edit',
  /** Put somebody before others after seeing his document. */
  'priority',
  'reschedule',
  'cancel',
  'noshow',
  'reprint',
  /** A ticket without paper. */
  'send',
  /** Call, serve, finish. */
  'serve',
  /** Take a call from a kiosk. */
  'help',
  /** See the machines of the office. */
  'kiosks',
  /** Close, open, message and restart them. */
  'order',
  /** Decide what contradicts itself. */
  'decide',
  'numbers',
  'audit',
  'settings',
] as const;
export type Right = (typeof RIGHTS)[number];

const RECEPTION: readonly Right[] = [
  'list',
  'person',
  'checkin',
  'undo',
  'override',
  'walkin',
  'edit',
  'priority',
  'reschedule',
  'cancel',
  'noshow',
  'reprint',
  'send',
  'serve',
  'help',
  'kiosks',
  'decide',
];

export const DEFAULT_RIGHTS: Record<StaffRole, readonly Right[]> = {
  receptionist: RECEPTION,
  senior: [...RECEPTION, 'approve', 'order', 'numbers'],
  administrator: ['list', 'kiosks', 'order', 'numbers', 'audit', 'settings'],
  // Sees what was done to whom, and does nothing himself.
  auditor: ['numbers', 'audit'],
};

/** Roles that sign in with a second factor. */
export const NEEDS_TOTP: ReadonlySet<StaffRole> = new Set(['administrator', 'auditor']);

const isRight = (value: unknown): value is Right => RIGHTS.some((right) => right === value);

/**
 * @param said the centre's `staff.rights`: an object of lists by role; what is no list or no right is left out
 * @returns what this role may do
 */
export const rightsOf = (role: StaffRole, said: unknown): ReadonlySet<Right> => {
  const own =
    typeof said === 'object' && said !== null && Object.hasOwn(said, role)
      ? (said as Partial<Record<StaffRole, unknown>>)[role]
      : undefined;
  return new Set(Array.isArray(own) ? own.filter(isRight) : DEFAULT_RIGHTS[role]);
};
