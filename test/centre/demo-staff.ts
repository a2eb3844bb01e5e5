import type { StaffRecord } from '../../shared/contracts/centre/schemas.ts';
import type { SeedInput } from './seed.ts';

/** Who works at the desks of the demo. */

interface DemoStaff {
  id: string;
  name: string;
  role: StaffRecord['role'];
  /** In clear: tests and whoever tries the demo sign in with it. */
  pin: string;
  totp: string | null;
  emergency: boolean;
  /** Made of the PIN once, so that a demo starts quickly. */
  verifier: StaffRecord['pin'];
}

export const DEMO_STAFF: readonly DemoStaff[] = [
  {
    id: 'anna',
    name: 'Анна Ковалёва',
    role: 'receptionist',
    pin: '2580',
    totp: null,
    emergency: false,
    verifier: { salt: 'TRvnfcMoXLTFAQYZEFjlHQ', cost: 15, hash: 'LnhgT9vMDdQa8PudIURN5PdKYn5dA5yh2KTxhzcBAuM' },
  },
  {
    id: 'boris',
    name: 'Борис Орлов',
    role: 'senior',
    pin: '1470',
    totp: null,
    emergency: false,
    verifier: { salt: 'hK5D-XoP9zYNDq9UEUxHag', cost: 15, hash: 'SOIDvaqV71jO0CbGirlpnmvUa65BRAREUMBNASiLKFM' },
  },
  {
    id: 'vera',
    name: 'Вера Седова',
    role: 'administrator',
    pin: '3690',
    totp: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP',
    emergency: false,
    verifier: { salt: 's-rbGwmoTxU1T3d8raIBtg', cost: 15, hash: '9WpswjIyfApRtErWFOEGT-3THHLRjWaYGfnbS4cc4AY' },
  },
  {
    id: 'gleb',
    name: 'Глеб Маслов',
    role: 'auditor',
    pin: '7410',
    totp: 'KRSXG5DSNFXGOIDBKRSXG5DSNFXGOIDB',
    emergency: false,
    verifier: { salt: '4DgRCgVP0MWgj0TWd3m-cA', cost: 15, hash: '7igUbIAW5q_1N-YjR6mP45--RTOhfLTfMK1rX7Y_KXE' },
  },
  {
    id: 'emergency',
    name: 'Аварийный вход',
    role: 'administrator',
    pin: '402917563381',
    totp: null,
    emergency: true,
    verifier: { salt: 'hSB9qnbevDdVTLeXZ09ZMw', cost: 15, hash: 'eQe57smAnuJg-xQG0LoCdakFWM-m8uRP9Eq9VzVMOVQ' },
  },
];

export const demoStaff: NonNullable<SeedInput['staff']> = DEMO_STAFF.map(({ pin, verifier, ...row }) => ({
  ...row,
  office_id: null,
  pin: verifier,
  code: row.emergency ? pin : null,
}));
