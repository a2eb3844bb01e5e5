import { STYLE } from './page-style.ts';

/** The demo's confirmations, as visitors would bring them on their phones. Data is put in as text, never as markup. */

const SCRIPT = String.raw`
'use strict';
const byId = (id) => document.getElementById(id);
const time = new Intl.DateTimeFormat('ru', { hour: '2-digit', minute: '2-digit', timeZone: 'Europe/Moscow' });
const date = new Intl.DateTimeFormat('ru', { day: 'numeric', month: 'long', timeZone: 'Europe/Moscow' });
const STATUS = { booked: ['ожидается', ''], arrived: ['на месте', 'good'], served: ['обслужен', 'quiet'],
  cancelled: ['отменена', 'bad'], 'no-show': ['не пришёл', 'quiet'], rescheduled: ['перенесена', 'warn'] };
const SPECIAL = {
  early: ['Пришли слишком рано', 'До времени записи больше часа: киоск скажет, когда вернуться.'],
  late: ['Опоздали', 'Время давно прошло: киоск предложит талон без записи или другое время.'],
  superseded: ['Запись перенесли', 'На бумаге старое время: киоск назовёт новое.'],
  multi: ['Несколько услуг за одно посещение', 'Один талон: в окна вызовут по очереди.'],
  twice: ['Две записи у одного человека', 'Киоск спросит, по какой из них пришли.'],
  unknown: ['Только что записались', 'Подпись верна, но киоск об этой записи ещё не слышал: он примет её и сообщит центру.'],
  cancelled: ['Запись отменена', 'Киоск откажет и предложит помощь.'],
  'other-day': ['На другой день', 'Киоск скажет, на какой день запись.'],
  'other-office': ['В другой офис', 'Киоск назовёт адрес нужного офиса.'],
  forged: ['Поддельное подтверждение', 'Подписано чужим ключом: киоск его не примет.'],
};
const PRIORITY = { first: 'первоочередной приём', 'out-of-turn': 'вне очереди' };
const dash = (number) => number.slice(0, 4) + '-' + number.slice(4);
const make = (tag, className, text) => {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
};
const picture = (booking, size) => {
  const image = make('img');
  image.src = '/demo/qr/' + booking.id + '.png';
  image.alt = 'QR-код записи ' + dash(booking.number);
  image.width = image.height = size;
  image.loading = 'lazy';
  return image;
};
const show = (booking) => {
  byId('big').replaceChildren(picture(booking, 420));
  byId('big-number').textContent = dash(booking.number);
  byId('big-text').textContent = date.format(booking.starts_at) + ', ' + time.format(booking.starts_at) + ' — ' + booking.service.ru;
  byId('big-factor').textContent = booking.factor === null ? ''
    : 'Телефон заканчивается на ' + booking.factor.phone4 + ', год рождения ' + booking.factor.birth_year;
  byId('copy').onclick = () => navigator.clipboard.writeText(booking.token).then(() => { byId('copy').textContent = 'Скопировано'; });
  byId('copy').textContent = 'Скопировать код';
  byId('sheet').showModal();
};
const row = (booking, withDate) => {
  const item = make('li');
  const card = make('button', 'card');
  card.type = 'button';
  card.dataset.booking = booking.id;
  const [status, tone] = STATUS[booking.status] || [booking.status, 'quiet'];
  const when = make('span', 'when', time.format(booking.starts_at));
  if (withDate) when.append(make('small', '', date.format(booking.starts_at)));
  const what = make('span', 'what', booking.service.ru);
  const line = make('small', '', dash(booking.number));
  if (booking.masked) line.append(' · ' + booking.masked);
  if (booking.factor) line.append(' · тел. …' + booking.factor.phone4 + ', ' + booking.factor.birth_year + ' г. р.');
  if (booking.further_services.length > 0) line.append(' · и ещё услуг: ' + booking.further_services.length);
  if (booking.priority !== 'none') line.append(' · ' + PRIORITY[booking.priority]);
  if (booking.language && booking.language !== 'ru') line.append(' · ' + booking.language.toUpperCase());
  what.append(line);
  const chip = make('span', 'chip ' + tone, booking.ticket ? status + ', ' + booking.ticket : status);
  card.append(when, what, chip, picture(booking, 96));
  card.onclick = () => show(booking);
  item.append(card);
  return item;
};
let all = [];
let now = 0;
const draw = () => {
  const wanted = byId('find').value.trim().toLowerCase().replace(/-/g, '');
  const fits = (b) => !wanted || (b.number + ' ' + (b.masked || '') + ' ' + b.service.ru + ' ' + time.format(b.starts_at)).toLowerCase().includes(wanted);
  const day = all.filter((b) => b.kind === 'today' && fits(b));
  byId('past').replaceChildren(...day.filter((b) => b.starts_at < now - 900000).map((b) => row(b)));
  byId('next').replaceChildren(...day.filter((b) => b.starts_at >= now - 900000).map((b) => row(b)));
  byId('past-title').hidden = byId('past').children.length === 0;
  byId('next-title').hidden = byId('next').children.length === 0;
  const sections = Object.entries(SPECIAL).flatMap(([kind, [title, text]]) => {
    const list = all.filter((b) => b.kind === kind && fits(b));
    if (list.length === 0) return [];
    const ul = make('ul');
    ul.append(...list.map((b) => row(b, kind === 'other-day')));
    return [make('h2', '', title), make('p', '', text), ul];
  });
  byId('special').replaceChildren(...sections);
  byId('nothing').hidden = day.length + sections.length > 0;
};
const load = async () => {
  const answer = await fetch('/demo/bookings.json');
  all = await answer.json();
  now = Number(answer.headers.get('server-time-ms'));
  draw();
};
byId('find').oninput = draw;
byId('close').onclick = () => byId('sheet').close();
byId('sheet').onclick = (event) => { if (event.target === byId('sheet')) byId('sheet').close(); };
const events = new EventSource('/office/events');
let due = null;
// The hall moves every few seconds: once for all that comes together.
const soon = () => { due ??= setTimeout(() => { due = null; load(); }, 300); };
events.addEventListener('changes', soon);
events.addEventListener('visit', soon);
events.onopen = () => { byId('offline').hidden = true; load(); };
events.onerror = () => { byId('offline').hidden = false; };
`;

const HTML = `<!doctype html>
<html lang="ru">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Подтверждения записи</title>
<style>${STYLE}
  #special { scroll-margin-top: 130px; }
  .card { display: grid; grid-template-columns: 92px 1fr auto 96px; align-items: center; gap: 20px; width: 100%; text-align: left;
    padding: 10px 14px 10px 24px; border: 1px solid transparent; border-radius: 20px; background: #fff; color: inherit;
    box-shadow: 0 1px 3px rgb(11 31 51 / 6%); }
  .card:hover { border-color: var(--blue); }
  .card img { display: block; }
  .when { font-size: 24px; font-weight: 700; }
  .what { font-weight: 600; }
  small { display: block; font-size: 15px; font-weight: 400; color: var(--ink-2); }
  dialog { border: 0; border-radius: 32px; padding: 28px 36px; width: min(520px, 94vw); text-align: center; color: inherit; }
  dialog::backdrop { background: rgb(11 31 51 / 55%); }
  dialog img { width: 100%; height: auto; image-rendering: pixelated; }
  #big-number { font-size: 34px; font-weight: 800; letter-spacing: .02em; }
  .actions { display: flex; gap: 12px; justify-content: center; margin-top: 18px; }
  .actions button { padding: 10px 22px; border-radius: 14px; border: 1px solid #b9c6d6; background: #fff; color: inherit; }
  .actions #close { background: var(--blue); border-color: var(--blue); color: #fff; }
  @media (max-width: 640px) { .card { grid-template-columns: 64px 1fr 72px; gap: 12px; padding-left: 16px; }
    .card .chip { grid-column: 2; justify-self: start; } .card img { width: 72px; height: 72px; grid-row: 1 / 3; grid-column: 3; }
    .when { font-size: 20px; } }
</style>
</head>
<body>
<header><div class="top">
  <div class="grow"><h1>Подтверждения записи</h1><p>Покажите QR-код киоску или введите номер записи на его экране.</p></div>
  <input id="find" type="search" placeholder="Номер, услуга или время" aria-label="Найти запись">
  <a href="#special">Особые случаи</a>
  <a href="/office">Зал</a>
</div><div id="offline" class="offline" role="status" hidden>Нет связи с центром, пробуем снова…</div></header>
<main>
  <h2 id="next-title" hidden>Сегодня, ближайшие</h2>
  <ul id="next"></ul>
  <div id="special"></div>
  <h2 id="past-title" hidden>Сегодня, ранее</h2>
  <ul id="past"></ul>
  <div id="nothing" class="empty" hidden>Ничего не нашлось</div>
</main>
<dialog id="sheet" aria-labelledby="big-number">
  <div id="big"></div>
  <div id="big-number"></div>
  <p id="big-text"></p>
  <p id="big-factor"></p>
  <div class="actions"><button id="copy" type="button">Скопировать код</button><button id="close" type="button">Закрыть</button></div>
</dialog>
<script>${SCRIPT}</script>
</body>
</html>`;

export const demoPage = { html: HTML, script: SCRIPT };
