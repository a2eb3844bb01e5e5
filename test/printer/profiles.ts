import { CUSTOM_PAGES, EPSON_PAGES, RONGTA_PAGES, STAR_PAGES } from './code-pages.ts';
import type { Dialect } from './dialect.ts';
import { CUSTOM_TREE, EPSON_TREE, ESCPOS_CONTROLS } from './forms-escpos.ts';
import { STAR_CONTROLS, STAR_RASTER_TREE, STAR_TREE } from './forms-star.ts';

const ESCPOS = {
  tree: EPSON_TREE,
  controls: ESCPOS_CONTROLS,
  startPage: 0,
  lineDots: 30,
  chinese: false,
  orders: 'escpos',
  voice: 'epson',
  statuses: new Set([1, 2, 3, 4]),
} as const;

/** A TM-T20 / TM-T88 series printer. */
export const EPSON: Dialect = {
  ...ESCPOS,
  name: 'epson',
  maker: 'EPSON',
  model: 'TM-T20II',
  firmware: 'VIRTUAL 1.0',
  codePages: EPSON_PAGES,
};

/**
 * A Chinese clone: other numbers of pages, starts in Chinese mode, does not know `GS ( H`, and gives itself out for an
 * Epson, as Rongta's do.
 */
export const CLONE: Dialect = {
  ...ESCPOS,
  name: 'clone',
  maker: 'EPSON',
  model: 'TM-T88V',
  firmware: 'VIRTUAL CLONE 1.0',
  codePages: RONGTA_PAGES,
  chinese: true,
};

/** A Star in Line Mode. */
export const STAR: Dialect = {
  name: 'star',
  maker: 'Star',
  model: 'TSP650II',
  firmware: 'VIRTUAL STAR 1.0',
  tree: STAR_TREE,
  rasterTree: STAR_RASTER_TREE,
  controls: STAR_CONTROLS,
  codePages: STAR_PAGES,
  startPage: 0,
  lineDots: 32,
  chinese: false,
  orders: 'star',
  voice: 'star',
  statuses: new Set(),
};

/** A kiosk printer of Custom with a presenter. */
export const CUSTOM: Dialect = {
  ...ESCPOS,
  name: 'custom',
  maker: 'CUSTOM',
  model: 'VKP80',
  firmware: 'VIRTUAL CUSTOM 1.0',
  tree: CUSTOM_TREE,
  codePages: CUSTOM_PAGES,
  voice: 'custom',
  statuses: new Set([1, 2, 3, 4, 17, 20]),
};

/** A printer as it is bought: what it understands, and what it answers unless told otherwise. */
export interface Profile {
  readonly dialect: Dialect;
  readonly gsH: boolean;
  readonly mute: boolean;
}

export const PROFILE_NAMES = ['epson', 'clone', 'star', 'custom', 'mute'] as const;
export type ProfileName = (typeof PROFILE_NAMES)[number];

export const PROFILES: Readonly<Record<ProfileName, Profile>> = {
  epson: { dialect: EPSON, gsH: true, mute: false },
  clone: { dialect: CLONE, gsH: false, mute: false },
  star: { dialect: STAR, gsH: false, mute: false },
  custom: { dialect: CUSTOM, gsH: false, mute: false },
  mute: { dialect: EPSON, gsH: false, mute: true },
};
