import type { RealTime } from './realtime.ts';
import { automaticStatus, automaticStatusDue, isOnline, paperStatus, realTimeStatus, type Sensors } from './status.ts';
import type { Body, Voice } from './voice.ts';

/** All that a switch inside can turn on: drawer, online, error, paper. */
const EVERYTHING = 0x0f;

/**
 * What an Epson answers (ESC/POS command reference): `DLE EOT`, `GS a`, `GS r`, `GS I`, `GS ( H`, and what a clone answers
 * of it.
 */
export class EpsonVoice implements Voice {
  readonly #body: Body;
  #asb: number;
  #offlineResponse = 0;

  constructor(body: Body) {
    this.#body = body;
    this.#asb = body.behaviour.asb ? EVERYTHING : 0;
  }

  command(name: string, params: readonly number[], data: readonly number[]): boolean {
    const n = params[0] ?? 0;
    if (name === 'GS a') this.#enableAutomaticStatus(n);
    else if (name === 'GS r') this.#sensorStatus(n);
    else if (name === 'GS I') this.#identify(n);
    else if (name === 'GS (' && n === 0x48) this.#responseRequest(data);
    else return false;
    return true;
  }

  control(): boolean {
    return false;
  }

  realTime(connection: number, command: RealTime): void {
    const body = this.#body;
    if (command.kind === 'status') body.asked(connection, command.n, () => [realTimeStatus(command.n, body.sensors())]);
    else if (command.kind === 'recover') {
      if (command.n === 2) body.clearBuffer();
      body.recover();
    } else if (command.fn === 8) {
      body.clearBuffer();
      body.send(connection, [0x37, 0x25, 0x00]);
    } else if (command.fn === 7 && command.args[0] === 1) body.send(connection, automaticStatus(body.sensors()));
    else if (command.fn === 1) body.emit({ type: 'drawer', pin: (command.args[0] ?? 0) & 1 });
  }

  sensed(before: Sensors, after: Sensors): void {
    if (automaticStatusDue(this.#asb, before, after)) this.#body.broadcast(automaticStatus(after));
    if (this.#offlineResponse > 0 && isOnline(before) && !isOnline(after)) this.#body.broadcast(this.#offlineBytes());
  }

  connected(connection: number): void {
    if (this.#body.behaviour.asb) this.#body.send(connection, automaticStatus(this.#body.sensors()));
  }

  reset(): void {
    this.#asb = this.#body.behaviour.asb ? EVERYTHING : 0;
    this.#offlineResponse = 0;
  }

  #enableAutomaticStatus(mask: number): void {
    this.#asb = mask;
    if (mask !== 0) this.#body.send(this.#body.source(), automaticStatus(this.#body.sensors()));
  }

  #sensorStatus(n: number): void {
    const body = this.#body;
    body.after(() => {
      const value = n === 1 || n === 49 ? paperStatus(body.sensors()) : 0;
      const id = value.toString(16).padStart(2, '0');
      const make = (): { id: string; bytes: readonly number[] } => ({ id, bytes: [value] });
      body.confirm({ connection: body.source(), command: 'GS r', latestOnly: false, make });
    });
  }

  /** `GS ( H`: fn 48 echoes an id when everything before it is on paper, fn 49 turns offline responses on. */
  #responseRequest(data: readonly number[]): void {
    const body = this.#body;
    if (!body.behaviour.gsH) return body.skipped('GS ( H');
    const [fn, , ...rest] = data;
    if ((fn === 48 || fn === 0) && rest.length === 4) {
      const id = String.fromCodePoint(...rest);
      const bytes = [0x37, 0x22, ...rest, 0x00];
      body.after(() => {
        const make = (): { id: string; bytes: readonly number[] } => ({ id, bytes });
        body.confirm({ connection: body.source(), command: 'GS ( H', latestOnly: true, make });
      });
    } else if (fn === 49 || fn === 1) this.#offlineResponse = (rest[0] ?? 0) % 48;
    else body.skipped('GS ( H');
    return undefined;
  }

  /** Offline response of fn 49. Epson gives causes as 40h..7Fh; which number is which is this printer's own choice. */
  #offlineBytes(): number[] {
    const { paper, cover, cutter, head } = this.#body.sensors();
    const causes = [
      cover === 'open' ? 0x41 : 0,
      paper === 'out' ? 0x42 : 0,
      cutter === 'ok' ? 0 : 0x43,
      head === 'ok' ? 0 : 0x44,
    ];
    return [0x37, 0x23, ...(this.#offlineResponse === 2 ? causes.filter((cause) => cause > 0) : []), 0x00];
  }

  #identify(n: number): void {
    const body = this.#body;
    const { maker, model, firmware } = body.dialect;
    const texts: Readonly<Record<number, string>> = { 65: firmware, 66: maker, 67: model, 68: 'VIRT000001' };
    const codes: Readonly<Record<number, number>> = { 1: 0x20, 49: 0x20, 2: 0x02, 50: 0x02, 3: 0x01, 51: 0x01 };
    const text = texts[n];
    const code = codes[n];
    if (text !== undefined) body.send(body.source(), [0x5f, ...Buffer.from(text, 'latin1'), 0x00]);
    else if (code !== undefined) body.send(body.source(), [code]);
    else body.skipped('GS I');
  }
}
