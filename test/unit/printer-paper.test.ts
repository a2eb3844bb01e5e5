import { createCanvas, loadImage } from '@napi-rs/canvas';
import { describe, expect, it } from 'vitest';
import { bitmapHash, dotAt, encodePng, Paper } from '../printer/paper.ts';
import { TicketStore } from '../printer/tickets.ts';

describe('the paper', () => {
  it('puts dots where they were printed, and the PNG shows the same', async () => {
    const paper = new Paper(64, 0);
    paper.row(Uint8Array.of(0b1000_0001, 0xff), 0, 0);
    paper.advance(1);
    paper.row(Uint8Array.of(0b1100_0000), 13, 0); // not at a byte's edge
    paper.advance(1);
    paper.row(new Uint8Array(20).fill(0xff), 56, 0); // wider than the paper
    paper.advance(2);
    const piece = paper.cut();
    if (piece === undefined) throw new Error('nothing was cut');
    const black: [number, number][] = [];
    for (let y = 0; y < piece.height; y += 1) {
      for (let x = 0; x < piece.width; x += 1) if (dotAt(piece, x, y)) black.push([x, y]);
    }
    const run = (from: number, to: number, y: number): [number, number][] =>
      Array.from({ length: to - from + 1 }, (_, index) => [from + index, y]);
    expect(black).toEqual([[0, 0], [7, 0], ...run(8, 15, 0), [13, 1], [14, 1], ...run(56, 63, 2)]);

    const image = await loadImage(await encodePng(piece));
    const canvas = createCanvas(image.width, image.height);
    canvas.getContext('2d').drawImage(image, 0, 0);
    const { data } = canvas.getContext('2d').getImageData(0, 0, image.width, image.height);
    const seen: [number, number][] = [];
    for (let index = 0; index < data.length; index += 4) {
      if ((data[index] ?? 0) < 128) seen.push([(index / 4) % image.width, Math.floor(index / 4 / image.width)]);
    }
    expect([image.width, image.height]).toEqual([64, 4]);
    expect(seen).toEqual(black);
  });

  it('keeps what is between head and cutter for the next piece', () => {
    const paper = new Paper(8, 4);
    paper.row(Uint8Array.of(0xff), 0, 0);
    paper.advance(2);
    expect(paper.cut()).toMatchObject({ height: 2 });
    paper.advance(4);
    const second = paper.cut();
    expect(second?.height).toBe(4);
    expect(second !== undefined && dotAt(second, 0, 2)).toBe(true);
    expect(paper.touched).toBe(false);
    expect(paper.cut()).toBeUndefined();
  });
});

describe('the kept pictures', () => {
  it('are the latest looked at or printed, the list is whole', async () => {
    const store = new TicketStore(2);
    const draft = {
      bytes: 1,
      complete: true,
      interruptions: [],
      connections: [],
      text: '',
      qr: [],
      codePages: [],
      realtimeInsideData: 0,
      garbage: { count: 0, sample: '' },
      skipped: {},
    };
    const bitmap = { width: 8, height: 1, bits: Uint8Array.of(1) };
    store.add(draft, bitmap);
    store.add(draft, bitmap);
    expect((await store.png(1))?.subarray(1, 4).toString()).toBe('PNG');
    const third = store.add(draft, bitmap);
    expect([1, 2, 3].map((n) => store.bitmap(n) !== undefined)).toEqual([true, false, true]);
    expect(store.list.map((ticket) => ticket.n)).toEqual([1, 2, 3]);
    expect(third.sha256).toBe(bitmapHash(bitmap));
    expect(store.png(2)).toBeUndefined();
  });
});
