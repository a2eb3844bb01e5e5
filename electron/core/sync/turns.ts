/** Lets everything else that is ready go first: visitors above all. */
export const yieldTurn = async (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });
