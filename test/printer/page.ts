/**
 * The page on which tickets come out: one document, nothing from elsewhere. Everything that was printed is put in as
 * text, never as markup, because a ticket may carry anything.
 */
export const PAGE = `<!doctype html>
<html lang="ru">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Виртуальный принтер</title>
<link rel="icon" href="data:,">
<style>
  :root { color-scheme: light; --ink: #1d2733; --line: #c9d1da; --bad: #b3261e; --good: #1b7a43; --warn: #8a5a00; }
  * { box-sizing: border-box; }
  body { margin: 0; font: 16px/1.45 system-ui, sans-serif; color: var(--ink); background: #e8ecf1; }
  header { background: #fff; border-bottom: 1px solid var(--line); padding: 12px 20px; }
  .bar { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 28px; max-width: 1200px; margin: 0 auto; }
  .knobs { margin-top: 10px; font-size: 15px; }
  h1 { font-size: 18px; margin: 0; }
  h1 span { color: #566372; font-weight: 400; }
  #count { color: #566372; }
  #lamp { font-weight: 600; }
  #lamp::before { content: ''; display: inline-block; width: 10px; height: 10px; border-radius: 50%; margin-right: 8px; background: currentColor; }
  #lamp.good { color: var(--good); } #lamp.bad { color: var(--bad); } #lamp.warn { color: var(--warn); }
  fieldset { border: 0; margin: 0; padding: 0; display: flex; flex-wrap: wrap; align-items: center; gap: 6px; }
  [hidden] { display: none; }
  legend { float: left; padding: 0 6px 0 0; color: #566372; }
  button { font: inherit; padding: 5px 12px; border: 1px solid var(--line); border-radius: 8px; background: #fff; color: inherit; cursor: pointer; }
  button:hover { border-color: #8795a5; }
  button:focus-visible { outline: 3px solid #2f6fd6; outline-offset: 1px; }
  button[aria-pressed='true'] { background: var(--ink); border-color: var(--ink); color: #fff; }
  #note { color: var(--bad); min-height: 1.45em; margin: 4px auto 0; max-width: 1200px; }
  #found { margin: 4px auto 0; max-width: 1200px; }
  #note:empty, #found:empty { display: none; }
  main { max-width: 1200px; margin: 0 auto; padding: 0 20px 40px; }
  .mouth { height: 14px; border-radius: 0 0 10px 10px; background: linear-gradient(#39434f, #1d242c); margin-bottom: 24px; }
  #slips { display: flex; flex-wrap: wrap; align-items: flex-start; gap: 28px; }
  figure { margin: 0; width: 300px; filter: drop-shadow(0 2px 5px rgb(20 30 45 / 25%)); }
  .slip { background: #fff; padding: 10px 6px 16px; overflow: hidden;
    clip-path: polygon(0 0, 100% 0, 100% calc(100% - 6px), 97% 100%, 94% calc(100% - 6px), 91% 100%, 88% calc(100% - 6px), 85% 100%, 82% calc(100% - 6px), 79% 100%, 76% calc(100% - 6px), 73% 100%, 70% calc(100% - 6px), 67% 100%, 64% calc(100% - 6px), 61% 100%, 58% calc(100% - 6px), 55% 100%, 52% calc(100% - 6px), 49% 100%, 46% calc(100% - 6px), 43% 100%, 40% calc(100% - 6px), 37% 100%, 34% calc(100% - 6px), 31% 100%, 28% calc(100% - 6px), 25% 100%, 22% calc(100% - 6px), 19% 100%, 16% calc(100% - 6px), 13% 100%, 10% calc(100% - 6px), 7% 100%, 4% calc(100% - 6px), 0 100%); }
  .slip img { display: block; width: 100%; }
  .new .slip { animation: out .7s ease-out; }
  @keyframes out { from { transform: translateY(-40px); opacity: 0; } }
  @media (prefers-reduced-motion: reduce) { .new .slip { animation: none; } }
  figcaption { font-size: 14px; color: #566372; margin-top: 8px; }
  figcaption strong { color: var(--ink); }
  .broken { color: var(--bad); }
  #empty { color: #566372; }
</style>
</head>
<body>
<header>
  <div class="bar">
    <h1>Виртуальный принтер <span id="profile"></span></h1>
    <span id="lamp" role="status">Подключение…</span>
    <span id="count"></span>
  </div>
  <div class="bar knobs">
    <fieldset><legend>Бумага</legend>
      <button data-set='{"paper":"ok"}'>есть</button>
      <button data-set='{"paper":"near"}'>мало</button>
      <button data-set='{"paper":"out"}'>нет</button>
      <button data-set='{"runOutAfterMm":40}' data-once>кончится через 40 мм</button>
      <button data-set='{"tear":true}' data-once>оторвать</button>
    </fieldset>
    <fieldset><legend>Крышка</legend>
      <button data-set='{"cover":"closed"}'>закрыта</button>
      <button data-set='{"cover":"open"}'>открыта</button>
    </fieldset>
    <fieldset><legend>Резак</legend>
      <button data-set='{"cutter":"ok"}'>исправен</button>
      <button data-set='{"cutter":"jammed"}'>заклинил</button>
      <button data-set='{"jamAtCut":true}'>заклинит при отрезе</button>
    </fieldset>
    <fieldset><legend>Головка</legend>
      <button data-set='{"head":"ok"}'>в норме</button>
      <button data-set='{"head":"hot"}'>перегрета</button>
    </fieldset>
    <fieldset><legend>Приём</legend>
      <button data-set='{"bytesPerSecond":null}'>быстрый</button>
      <button data-set='{"bytesPerSecond":2000}'>медленный</button>
      <button data-set='{"stall":true}' data-off='{"stall":false}'>завис</button>
    </fieldset>
    <fieldset><legend>Связь</legend>
      <button data-set='{"drop":true}' data-once>оборвать</button>
      <button data-set='{"dropAfterBytes":2000}' data-once>оборвать через 2000 байт</button>
      <button data-set='{"halfOpen":true}' data-off='{"halfOpen":false}'>кабель вынут</button>
      <button data-set='{"plugged":false}' data-show data-off='{"plug":true}' hidden>вставить кабель</button>
    </fieldset>
    <fieldset><legend>Ответы</legend>
      <button data-set='{"mute":false}'>отвечает</button>
      <button data-set='{"mute":true}'>молчит</button>
    </fieldset>
    <fieldset><legend>Питание</legend>
      <button data-set='{"power":"on"}'>включено</button>
      <button data-set='{"power":"off"}'>выключено</button>
      <button data-set='{"powerCycle":true}' data-once>выключить и включить</button>
    </fieldset>
    <fieldset data-profile="custom" hidden><legend>Выход</legend>
      <button data-set='{"leaveTickets":true}' data-off='{"leaveTickets":false}'>талоны не забирают</button>
      <button data-set='{"take":true}' data-once>забрать талон</button>
    </fieldset>
    <button id="counts">Сосчитать талоны</button>
  </div>
  <p id="note" role="alert"></p>
  <p id="found" role="status"></p>
</header>
<main>
  <div class="mouth"></div>
  <p id="empty">Талонов ещё нет. Они появятся здесь, как только будут напечатаны.</p>
  <div id="slips" aria-live="polite"></div>
</main>
<script>
'use strict';
const byId = (id) => document.getElementById(id);
const shown = new Set();
const KEEP = 60;
const REASONS = { 'paper-out': 'кончилась бумага', 'cover-open': 'открыта крышка', disconnect: 'обрыв связи',
  'power-cycle': 'отключение питания', 'cutter-error': 'сбой резака', 'head-hot': 'перегрев головки', 'torn-off': 'оторван вручную', runaway: 'не отрезан' };

const NAMES = { epson: 'Epson', clone: 'клон (Rongta)', star: 'Star', custom: 'Custom', mute: 'немой' };

function why(state) {
  if (state.power === 'off') return 'выключен';
  if (state.cover === 'open') return 'крышка открыта';
  if (state.paper === 'out') return 'нет бумаги';
  if (state.head === 'hot') return 'перегрета головка';
  return 'сбой резака';
}

function showState(state) {
  byId('profile').textContent = NAMES[state.profile] || state.profile;
  for (const part of document.querySelectorAll('[data-profile]')) part.hidden = part.dataset.profile !== state.profile;
  for (const button of document.querySelectorAll('button[data-set]:not([data-once])')) {
    const [[key, value]] = Object.entries(JSON.parse(button.dataset.set));
    const on = state[key] === value;
    if ('show' in button.dataset) button.hidden = !on;
    else button.setAttribute('aria-pressed', String(on));
  }
  const bad = state.power === 'off' || !state.online;
  const lamp = byId('lamp');
  lamp.textContent = bad ? 'Не печатает: ' + why(state) : state.paper === 'near' ? 'Готов, бумаги мало' : 'Готов';
  lamp.className = bad ? 'bad' : state.paper === 'near' ? 'warn' : 'good';
}

const look = async () => showState(await (await fetch('/state')).json());

async function refresh() {
  const [state, tickets] = await Promise.all([fetch('/state'), fetch('/tickets')].map(async (r) => (await r).json()));
  showState(state);
  for (const ticket of tickets.slice(-KEEP)) addTicket(ticket, false);
}

function addTicket(ticket, isNew) {
  if (shown.has(ticket.n)) return;
  shown.add(ticket.n);
  byId('empty').hidden = true;
  byId('count').textContent = 'Напечатано: ' + Math.max(...shown);
  const figure = document.createElement('figure');
  if (isNew) figure.className = 'new';
  const slip = document.createElement('div');
  slip.className = 'slip';
  const image = document.createElement('img');
  image.src = ticket.png;
  image.alt = ticket.text || 'Талон ' + ticket.n;
  slip.append(image);
  const caption = document.createElement('figcaption');
  const number = document.createElement('strong');
  number.textContent = '№ ' + ticket.n;
  const at = new Date(ticket.at).toLocaleTimeString('ru-RU');
  caption.append(number, ' · ' + at + ' · ' + ticket.lengthMm.toLocaleString('ru-RU') + ' мм');
  const notes = ticket.interruptions.map((reason) => REASONS[reason] || reason);
  if (!ticket.complete) notes.unshift('не допечатан');
  const pages = ticket.codePages.filter((page) => page !== 'cp866' && page !== 'cp1251');
  if (pages.length > 0) notes.push('кодовая страница ' + pages.join(', '));
  if (ticket.garbage.count > 0) notes.push('непонятных байтов: ' + ticket.garbage.count);
  if (notes.length > 0) {
    const broken = document.createElement('div');
    broken.className = 'broken';
    broken.textContent = notes.join(', ');
    caption.append(broken);
  }
  figure.append(slip, caption);
  byId('slips').prepend(figure);
  while (byId('slips').childElementCount > KEEP) byId('slips').lastElementChild.remove();
}

document.addEventListener('click', async (event) => {
  const button = event.target.closest('button[data-set]');
  if (!button) return;
  const pressed = button.getAttribute('aria-pressed') === 'true' || 'show' in button.dataset;
  const body = (pressed && button.dataset.off) || button.dataset.set;
  try {
    const response = await fetch('/control', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    const answer = await response.json();
    if (!response.ok) throw new Error(answer.error);
    showState(answer);
    byId('note').textContent = '';
  } catch (error) {
    byId('note').textContent = 'Не удалось: ' + error.message;
  }
});

byId('counts').addEventListener('click', async () => {
  try {
    const { counts, doubled, notKept } = await (await fetch('/counts')).json();
    const incomplete = counts.reduce((sum, one) => sum + one.incomplete, 0);
    const parts = ['Разных талонов и повторов: ' + counts.length];
    parts.push(doubled.length === 0 ? 'каждый вышел не больше одного раза' : 'вышли дважды: ' + doubled.map((one) => one.ticket + ' (бумаги № ' + one.papers.join(', ') + ')').join('; '));
    if (incomplete > 0) parts.push('недопечатанных: ' + incomplete);
    if (notKept.length > 0) parts.push('не сохранились: ' + notKept.length);
    byId('found').textContent = parts.join('; ') + '.';
  } catch (error) {
    byId('note').textContent = 'Не удалось: ' + error.message;
  }
});

// What is changed from elsewhere and is no sensor comes with the next look.
setInterval(() => look().catch(() => undefined), 2000);
const events = new EventSource('/events');
events.addEventListener('open', () => refresh().catch(() => undefined));
events.addEventListener('ticket', (event) => addTicket(JSON.parse(event.data).ticket, true));
events.addEventListener('status', () => look().catch(() => undefined));
events.addEventListener('error', () => { const lamp = byId('lamp'); lamp.textContent = 'Принтер выключен'; lamp.className = 'bad'; });
</script>
</body>
</html>
`;
