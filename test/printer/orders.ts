import type { Dialect } from './dialect.ts';
import { escposOrder } from './orders-escpos.ts';
import { starOrder } from './orders-star.ts';
import type { Command } from './parser.ts';
import type { Press } from './press.ts';

/** Carries out one command that prints or sets a mode; false if it is not one of those. */
export function order(dialect: Dialect, press: Press, command: Command): boolean {
  switch (command.kind) {
    case 'text':
      press.char(command.byte);
      return true;
    case 'control':
      press.control(command.byte);
      return true;
    case 'raster':
      press.flush();
      return true;
    case 'raster-row':
      press.rasterRow(command.row, command.mode);
      return true;
    case 'command':
      return (dialect.orders === 'star' ? starOrder : escposOrder)(press, command);
    default:
      return false;
  }
}
