import type { OpResult } from '../../shared/contracts/centre/schemas.ts';

/** What became of an operation. */
export type Outcome = Omit<OpResult, 'op_id'>;

export const applied: Outcome = { status: 'applied' };

export const conflict = (type: string, title: string): Outcome & { problem: { type: string; title: string } } => ({
  status: 'conflict_recorded',
  problem: { type, title },
});

export const rejected = (type: string, title: string): Outcome => ({ status: 'rejected', problem: { type, title } });
