import type { Dialect } from './dialect.ts';

/**
 * What is known of models before one of them is asked. A number of a code page is only where to begin: the same name is
 * sold with other ones, so text is not used before somebody has read the test print of that very printer
 * (`PrinterConfig.codePage`), and what it tells is found by the probe.
 */
export interface Profile {
  /** As it is shown. */
  name: string;
  dialect: Dialect['id'];
  /** Dots a row it may have, the usual one first. */
  widths: readonly number[];
  /** Numbers of code pages by their names in code-pages.ts; those for Russian first. */
  codePages: Readonly<Record<string, number>>;
  cutter: boolean;
  /** What it is documented to confirm jobs with. */
  tells: { processId: boolean; fence: boolean };
}

const WIDE = [576, 512] as const;
const NARROW = [384] as const;
const BOTH = { processId: true, fence: true };
const FENCE = { processId: false, fence: true };
const NOTHING = { processId: false, fence: false };
/** Star: the counter, which is better than a fence. */
const COUNTER = { processId: true, fence: false };

/** Epson, ESC/POS Command Reference, ESC t. */
const EPSON_PAGES = {
  cp866: 17,
  cp1251: 46,
  kz1048: 53,
  cp855: 34,
  cp1125: 44,
  cp437: 0,
  cp850: 2,
  cp852: 18,
  cp858: 19,
  cp1250: 45,
  cp1252: 16,
  cp1254: 48,
  cp1257: 51,
};

/** Star, Line Mode Command Specifications, ESC GS t. */
const STAR_PAGES = {
  cp866: 10,
  cp1251: 34,
  cp855: 11,
  cp437: 1,
  cp852: 5,
  cp857: 12,
  cp858: 4,
  cp1250: 33,
  cp1252: 32,
};

/**
 * Where the pages of clones are from: receipt-print-hq/escpos-printer-db (profiles of Netum, Zjiang, Rongta, Kefar, YHD,
 * Citizen, Wincor) and the printer definitions of @point-of-sale/receipt-printer-encoder (Xprinter).
 */
export const PROFILES: Readonly<Record<string, Profile>> = {
  epson: {
    name: 'Epson TM',
    dialect: 'epson',
    widths: [576, 512, 384],
    codePages: EPSON_PAGES,
    cutter: true,
    tells: BOTH,
  },
  'epson-tm-t88iv': {
    name: 'Epson TM-T88IV, TM-T70',
    dialect: 'epson',
    widths: [512, 576],
    codePages: { cp866: 17, cp437: 0, cp850: 2, cp852: 18, cp858: 19, cp1252: 16 },
    cutter: true,
    tells: BOTH,
  },
  'epson-tm-t88iii': {
    name: 'Epson TM-T88III',
    // The one of the family that does not know GS ( H.
    dialect: 'generic',
    widths: [512],
    codePages: { cp866: 17, cp437: 0, cp850: 2, cp852: 18, cp858: 19, cp1252: 16 },
    cutter: true,
    tells: FENCE,
  },
  seiko: {
    name: 'Seiko, TEP-200',
    dialect: 'generic',
    widths: WIDE,
    codePages: { cp866: 17, cp1251: 46, kz1048: 53, cp855: 34, cp437: 0 },
    cutter: true,
    tells: FENCE,
  },
  star: {
    name: 'Star (Line Mode)',
    dialect: 'star',
    widths: [576, 512],
    codePages: STAR_PAGES,
    cutter: true,
    tells: COUNTER,
  },
  'star-58': {
    name: 'Star 58 mm (Line Mode)',
    dialect: 'star',
    widths: NARROW,
    codePages: STAR_PAGES,
    cutter: false,
    tells: COUNTER,
  },
  custom: {
    name: 'Custom VKP80, KUBE, TK, KPM',
    dialect: 'custom',
    widths: [640, 576],
    // Their manuals (KPM210/216, ESC t) have nothing Cyrillic; what a firmware has besides, the test print finds.
    codePages: { cp437: 0, cp850: 2, cp858: 19 },
    cutter: true,
    tells: FENCE,
  },
  'rongta-rp80': {
    name: 'Rongta RP80, RP326, RP332; АТОЛ RP-326',
    dialect: 'generic',
    widths: WIDE,
    // 17 is Greek there, and 46 is CP856.
    codePages: { cp866: 7, cp1251: 6, cp437: 0 },
    cutter: true,
    tells: FENCE,
  },
  'citizen-ct-s651': {
    name: 'Citizen CT-S651',
    dialect: 'generic',
    widths: [576, 640],
    // Some have it at 17.
    codePages: { cp866: 7, cp437: 0 },
    cutter: true,
    tells: FENCE,
  },
  'wincor-th230': {
    name: 'Wincor TH230',
    dialect: 'generic',
    widths: WIDE,
    codePages: { cp866: 7, cp437: 0 },
    cutter: true,
    tells: FENCE,
  },
  'xprinter-n160ii': {
    name: 'Xprinter XP-N160II',
    dialect: 'generic',
    widths: WIDE,
    codePages: { cp866: 9, cp437: 0 },
    cutter: true,
    tells: FENCE,
  },
  'kefar-kr306': {
    name: 'Kefar KR-306',
    dialect: 'generic',
    widths: WIDE,
    codePages: { cp866: 12, cp1251: 51, cp437: 0 },
    cutter: true,
    tells: FENCE,
  },
  'yhd-8390': {
    name: 'YHD-8390',
    dialect: 'generic',
    widths: WIDE,
    codePages: { cp866: 12, cp1251: 18, cp437: 0 },
    cutter: true,
    tells: FENCE,
  },
  'netum-80v': {
    name: 'Netum 80-V, PBM 80',
    dialect: 'generic',
    widths: WIDE,
    // 866 a second time at 59.
    codePages: { cp866: 17, cp1251: 73, cp437: 0 },
    cutter: true,
    tells: FENCE,
  },
  'pos-58': {
    name: 'Netum NT-5890K, Zjiang POS-5890',
    dialect: 'generic',
    widths: NARROW,
    codePages: { cp866: 17, cp1251: 73, cp437: 0 },
    cutter: false,
    tells: NOTHING,
  },
  generic: {
    name: 'ESC/POS 80 мм',
    dialect: 'generic',
    widths: [576, 512, 640],
    codePages: { cp437: 0 },
    cutter: true,
    tells: FENCE,
  },
  'generic-58': {
    name: 'ESC/POS 58 мм',
    dialect: 'generic',
    widths: NARROW,
    codePages: { cp437: 0 },
    cutter: false,
    tells: NOTHING,
  },
};
