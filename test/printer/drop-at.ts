import type { Dialect } from './dialect.ts';
import { type Command, CommandParser } from './parser.ts';

/** Points of a job at which a line can break, by what the printer has received until then. */
export const DROP_POINTS = [
  'first-byte',
  /** A command is whole, the job is not. */
  'first-command',
  'raster-header',
  'raster-data',
  'in-cut',
  'after-cut',
  'in-confirm',
  'after-confirm',
] as const;
export type DropPoint = (typeof DROP_POINTS)[number];

const CUTS = new Set(['GS V', 'ESC d']);
/** `GS ( H` by its family: after the cut no other of it is sent. */
const CONFIRMS = new Set(['GS (', 'GS r']);
const ETB = 0x17;
const ESC = 0x1b;
const ACK = 0x06;
const DLE = 0x10;
/** Some rows down a picture. */
const ROWS = 60;

/** A Star's picture comes as commands of 24 rows. */
const STAR_BAND = 'ESC k';
const STAR_BAND_ROWS = 24;
const isBand = (command: Command): boolean => command.kind === 'command' && command.name === STAR_BAND;

const confirms = (command: Command): boolean =>
  (command.kind === 'command' && CONFIRMS.has(command.name)) || (command.kind === 'control' && command.byte === ETB);

/**
 * Watches what comes in, byte by byte. Questions about the printer's state that are answered at once are no part of a job.
 * @returns whether this byte is the one at which the line breaks; asked once for each, in order
 */
export const dropWatch = (dialect: Dialect, point: DropPoint): ((byte: number) => boolean) => {
  const star = dialect.voice === 'star';
  let rows = 0;
  let printed = false;
  let reached = false;
  let last = -1;
  const parser = new CommandParser(dialect, (command) => {
    const { kind } = command;
    if (kind === 'raster') reached ||= point === 'raster-header';
    if (kind === 'raster-row' || isBand(command)) {
      printed = true;
      rows += kind === 'raster-row' ? 1 : STAR_BAND_ROWS;
      reached ||= point === 'raster-data' && rows >= ROWS;
    }
    if (kind === 'realtime' || (kind === 'control' && !printed)) return;
    reached ||= point === 'first-command';
    if (kind === 'command' && CUTS.has(command.name)) reached ||= point === 'after-cut' && printed;
    if (confirms(command)) reached ||= point === 'after-confirm' && printed;
  });
  return (byte) => {
    const before = parser.idle;
    parser.push(byte);
    const within = parser.within ?? '';
    if (point === 'raster-header') reached ||= within === STAR_BAND;
    if (point === 'in-cut') reached ||= printed && CUTS.has(within);
    if (point === 'in-confirm') reached ||= printed && CONFIRMS.has(within);
    // A Star's question begins like its commands: the second byte tells them apart.
    if (point === 'first-byte') reached ||= star ? last === ESC && byte !== ACK : before && byte !== DLE;
    last = byte;
    return reached;
  };
};
