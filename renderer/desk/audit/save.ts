/** Hands a text to whoever sits at the desk, as a file. */
export const saveText = (name: string, text: string): void => {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/csv;charset=utf-8' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser has taken the file over when its own turn is done.
  setTimeout(() => URL.revokeObjectURL(url), 0);
};
