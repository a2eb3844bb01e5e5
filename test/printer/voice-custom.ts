import type { RealTime } from './realtime.ts';
import { automaticFullStatus, type CustomSight, fullStatus, paperLeft, printStatus } from './status-custom.ts';
import type { Body, Voice } from './voice.ts';
import { EpsonVoice } from './voice-epson.ts';

const RETRACT = 2;
const EJECT = 5;
const PRESENTER_STATE = 6;

/**
 * What a kiosk printer of Custom answers: Epson's `DLE EOT 1..4` and `GS r`, its own full status (`DLE EOT 20`, by itself
 * after `GS E0`), the paper left (`GS E1`) and the presenter (`GS e`). Neither `GS a` nor `GS ( H`.
 */
export class CustomVoice implements Voice {
  readonly #body: Body;
  readonly #epson: EpsonVoice;
  #mask: number;

  constructor(body: Body) {
    this.#body = body;
    this.#epson = new EpsonVoice(body);
    this.#mask = body.behaviour.asb ? 0x0f : 0;
  }

  command(name: string, params: readonly number[], data: readonly number[]): boolean {
    const n = params[0] ?? 0;
    const body = this.#body;
    if (name === 'GS E0') {
      this.#mask = n;
      this.#tell((bytes) => body.send(body.source(), bytes));
    } else if (name === 'GS E1') body.send(body.source(), paperLeft(this.#sight().leftCm));
    else if (name === 'GS e') this.#present(n);
    else if (name === 'GS a' || name === 'GS (') return false;
    else return this.#epson.command(name, params, data);
    return true;
  }

  control(): boolean {
    return false;
  }

  realTime(connection: number, command: RealTime): void {
    if (command.kind === 'status' && command.n === 17) {
      this.#body.asked(connection, 17, () => [printStatus(this.#sight())]);
    } else if (command.kind === 'status' && command.n === 20) {
      this.#body.asked(connection, 20, () => fullStatus(this.#sight()));
    } else this.#epson.realTime(connection, command);
  }

  sensed(): void {
    this.#tell((bytes) => this.#body.broadcast(bytes));
  }

  connected(connection: number): void {
    if (this.#body.behaviour.asb) this.#tell((bytes) => this.#body.send(connection, bytes));
  }

  reset(): void {
    this.#mask = this.#body.behaviour.asb ? 0x0f : 0;
    this.#epson.reset();
  }

  #tell(send: (bytes: readonly number[]) => void): void {
    const bytes = automaticFullStatus(this.#mask, this.#sight());
    if (bytes !== null) send(bytes);
  }

  #sight(): CustomSight {
    const body = this.#body;
    return { sensors: body.sensors(), motor: body.moving(), leftCm: Math.floor(body.leftMm() / 10) };
  }

  #present(n: number): void {
    const body = this.#body;
    if (n === RETRACT || n === EJECT) body.after(() => body.emptyExit());
    else if (n === PRESENTER_STATE) body.send(body.source(), [body.sensors().exit === 'ticket' ? 0x01 : 0x00]);
    else body.skipped('GS e');
  }
}
