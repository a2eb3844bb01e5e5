import type { Bitmap, Paper } from './paper.ts';
import type { Command } from './parser.ts';
import type { Press } from './press.ts';
import type { Behaviour } from './voice.ts';

/** What the knife needs of the printer around it. */
export interface KnifeLinks {
  readonly behaviour: Behaviour;
  /** Runs `action` when everything before it is on paper. */
  after(action: () => void): void;
  jam(): void;
  /** A piece fell, `rows` rows of the strip. */
  fell(bitmap: Bitmap, rows: number): void;
}

/** Feed to the cutter and cut: what a Star does at the end of a raster unless it is told otherwise. */
const FEED_AND_CUT = 9;

/** The commands that cut. Between them only one difference matters: whether the paper is fed to the cutter before. */
export class Knife {
  readonly #press: Press;
  readonly #paper: Paper;
  readonly #links: KnifeLinks;
  /** Rows have been printed in Star's raster mode that its end will cut off. */
  #rasterOpen = false;
  #rasterEnd = FEED_AND_CUT;

  constructor(press: Press, paper: Paper, links: KnifeLinks) {
    this.#press = press;
    this.#paper = paper;
    this.#links = links;
  }

  /** What was begun is forgotten. */
  reset(): void {
    this.#rasterOpen = false;
  }

  /** A command has been carried out: a raster was begun, or goes on. */
  saw(command: Command): void {
    if (command.kind === 'raster-row') this.#rasterOpen = true;
    if (command.kind !== 'command' || command.name !== 'ESC * r A') return;
    this.#rasterOpen = false;
    this.#rasterEnd = FEED_AND_CUT;
  }

  /** Carries out one that has to do with cutting; false if it is none of them, or not in this form. */
  command(name: string, params: readonly number[]): boolean {
    const n = params[0] ?? 0;
    switch (name) {
      case 'GS V':
        return this.#cutAs(n, params[1] ?? 0);
      // Only Star's comes here: Epson's feeds.
      case 'ESC d':
        return this.#cutAsStar(n >= 48 ? n - 48 : n);
      case 'ESC i':
      case 'ESC m':
        this.#press.flush();
        this.#cut();
        return true;
      case 'ESC * r E':
        this.#rasterEnd = Number.parseInt(String.fromCodePoint(...params), 10) || FEED_AND_CUT;
        return true;
      case 'ESC * r B':
        if (this.#rasterOpen) this.#endRaster();
        return true;
      case 'ESC FF EOT':
      case 'ESC FF NUL':
        this.#endRaster();
        return true;
      default:
        return false;
    }
  }

  #cutAs(mode: number, feed: number): boolean {
    if (mode === 65 || mode === 66) {
      this.#press.feedLine(this.#paper.cutterDots + Math.round(feed * this.#press.style.step));
    } else if (![0, 1, 48, 49].includes(mode)) return false;
    this.#cut();
    return true;
  }

  /** Star's `ESC d n`: 0 and 1 cut where the paper is, 2 and 3 feed to the cutter before. */
  #cutAsStar(mode: number): boolean {
    if (mode > 3) return false;
    if (mode >= 2) this.#press.feedLine(this.#paper.cutterDots);
    else this.#press.flush();
    this.#cut();
    return true;
  }

  /** Numbers of the manual (ESC * r E): 1 nothing, 2 and 3 feed, 8 and 12 cut, 9 and 13 feed and cut; 36 and 37 eject too. */
  #endRaster(): void {
    this.#rasterOpen = false;
    const mode = this.#rasterEnd;
    if ([2, 3, 9, 13, 37].includes(mode)) this.#press.feedLine(this.#paper.cutterDots);
    if ([8, 9, 12, 13, 36, 37].includes(mode)) this.#cut();
  }

  #cut(): void {
    this.#links.after(() => {
      if (this.#links.behaviour.jamAtCut) {
        this.#links.behaviour.jamAtCut = false;
        this.#links.jam();
        // It cuts when the jam is cleared.
        this.#cut();
        return;
      }
      const rows = this.#paper.head - this.#paper.cutterDots;
      const bitmap = this.#paper.cut();
      if (bitmap !== undefined) this.#links.fell(bitmap, rows);
    });
  }
}
