/** Between the page and the decoder's Worker. The Worker closes the frames that it is given. */
export interface ToWorker {
  readonly id: number;
  readonly frame: ImageBitmap | VideoFrame;
}

export type FromWorker =
  | { readonly type: 'ready' }
  /** It cannot decode, and will not. */
  | { readonly type: 'failed'; readonly why: string }
  /** `text` is null where no code is in view. */
  | { readonly type: 'result'; readonly id: number; readonly text: string | null };
