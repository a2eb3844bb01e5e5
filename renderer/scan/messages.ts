/** Between the page and the decoder's Worker. */
export interface ToDecoder {
  frame: ImageBitmap;
}
export type FromDecoder = { type: 'ready' } | { type: 'fault'; why: string } | { type: 'result'; text: string | null };
