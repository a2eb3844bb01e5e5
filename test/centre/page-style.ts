/** What the pages of the centre look like: one style, nothing from elsewhere. */
export const STYLE = `
  :root { color-scheme: light; --ink: #0b1f33; --ink-2: #4a5d73; --line: #dfe6ef; --bg: #eef3fb; --blue: #0d4cd3;
    --blue-soft: #e4ecfd; --green: #0b7a43; --green-soft: #e2f4ea; --amber: #8a5a00; --amber-soft: #fff3d6;
    --red: #b3152c; --red-soft: #fde7ea; }
  * { box-sizing: border-box; }
  body { margin: 0; font: 17px/1.45 'Golos Text', system-ui, 'Noto Sans', sans-serif; color: var(--ink); background: var(--bg);
    font-variant-numeric: tabular-nums; }
  header { position: sticky; top: 0; z-index: 1; background: #fff; border-bottom: 1px solid var(--line); }
  header > div, main { max-width: 1080px; margin: 0 auto; padding: 16px 24px; }
  .top { display: flex; flex-wrap: wrap; align-items: center; gap: 10px 28px; }
  h1 { font-size: 22px; line-height: 1.2; margin: 0; }
  h2 { font-size: 19px; margin: 32px 0 6px; scroll-margin-top: 140px; }
  p { margin: 4px 0 0; color: var(--ink-2); }
  .grow { flex: 1; min-width: 240px; }
  a { color: var(--blue); }
  input { font: inherit; padding: 10px 16px; border: 1px solid #b9c6d6; border-radius: 14px; width: 280px; max-width: 100%;
    background: #fff; color: inherit; }
  button { font: inherit; cursor: pointer; }
  :focus-visible { outline: 3px solid var(--blue); outline-offset: 2px; }
  .chip { display: inline-block; padding: 2px 12px; border-radius: 99px; font-size: 15px; white-space: nowrap;
    background: var(--blue-soft); color: #0a3aa3; }
  .chip.good { background: var(--green-soft); color: var(--green); }
  .chip.warn { background: var(--amber-soft); color: var(--amber); }
  .chip.bad { background: var(--red-soft); color: var(--red); }
  .chip.quiet { background: #edf1f6; color: var(--ink-2); }
  ul { list-style: none; margin: 12px 0 0; padding: 0; display: grid; gap: 8px; }
  .empty { padding: 40px 24px; border-radius: 20px; background: #fff; color: var(--ink-2); text-align: center; }
  .offline { background: var(--amber-soft); color: var(--amber); text-align: center; padding: 6px; }
  [hidden] { display: none !important; }
`;
