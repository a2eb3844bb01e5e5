import { STYLE } from './page-style.ts';

/** What the office sees: the hall as it is now, and who came. Data is put in as text, never as markup. */

const SCRIPT = String.raw`
'use strict';
const byId = (id) => document.getElementById(id);
const zone = document.body.dataset.zone;
const query = location.search;
const time = new Intl.DateTimeFormat('ru', { hour: '2-digit', minute: '2-digit', timeZone: zone });
const day = new Intl.DateTimeFormat('ru', { day: 'numeric', month: 'long', timeZone: zone });
const CONFLICT = { 'double-checkin': '2 талона, 1 визит', 'from-cancelled': 'запись была отменена', 'cancel-reverted': 'отмена снята: он пришёл раньше',
  'other-office': 'запись в другой офис', 'other-day': 'запись на другой день', 'already-served': 'уже был обслужен',
  'needs-redirect': 'перенаправить', 'possible-duplicate': 'возможный дубль', 'number-used-twice': 'такой номер уже выдан',
  'request-rejected': 'заявка не исполнена: перезвонить', 'no-show-withdrawn': 'неявка снята: он пришёл вовремя' };
const STATE = { waiting: ['ждёт', 'quiet'], called: ['вызван', 'warn'], serving: ['у окна', 'good'], done: ['обслужен', 'quiet'],
  left: ['ушёл', 'quiet'] };
const WINDOW = { open: ['открыто', 'good'], break: ['перерыв', 'warn'], closed: ['закрыто', 'quiet'] };
const PRIORITY = { first: 'первоочередной', 'out-of-turn': 'вне очереди' };
const FLAG = { late: 'опоздал', clock: 'часы киоска неточны', superseded: 'старое подтверждение' };
const REQUEST = { 'booking.create': 'новая запись', 'booking.reschedule': 'перенос', 'booking.cancel': 'отмена' };
const PROBLEM = { 'slot-taken': 'время занято', 'booking-cancelled': 'запись отменена', 'already-arrived': 'уже пришёл',
  'not-found': 'записи нет', 'too-late': 'время прошло', 'booking-known': 'номер занят', withdrawn: 'отозвана' };
const REASON = { 'long-wait': 'долго ждали', unclear: 'непонятно', rude: 'невежливо', 'not-solved': 'вопрос не решили',
  fast: 'быстро', kind: 'вежливо' };
const make = (tag, className, text) => {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
};
const chip = (text, tone) => make('span', 'chip ' + (tone || ''), text);
/** A row: what stands large on the left, what it is, and the marks on the right. */
const line = (head, title, small, chips) => {
  const item = make('li', 'visit');
  const what = make('span', 'what', title);
  what.append(make('small', '', small));
  const marks = make('span', 'chips');
  marks.append(...chips.filter(Boolean));
  item.append(make('span', 'ticket', head), what, marks);
  return item;
};
let seen = null;
const visitRow = (visit) => {
  const [state, tone] = STATE[visit.state] || [visit.state, 'quiet'];
  const when = visit.origin === 'walk-in' ? 'без записи'
    : visit.starts_at === null ? 'время записи пока неизвестно' : 'запись на ' + time.format(visit.starts_at);
  const item = line(visit.ticket, visit.service.ru + (visit.further > 0 ? ' и ещё услуг: ' + visit.further : ''),
    when + ' · отметка в ' + time.format(visit.occurred_at) + ' · киоск № ' + visit.device.slot, [
      visit.provisional && chip('предварительно', 'warn'),
      visit.conflict && chip(CONFLICT[visit.conflict] || visit.conflict, 'bad'),
      ...visit.flags.map((flag) => chip(FLAG[flag] || flag, 'warn')),
      visit.claim && chip('льгота' + (visit.claim.confirmed ? ' подтверждена' : ' заявлена'), visit.claim.confirmed ? 'good' : 'warn'),
      visit.copies > 0 && chip('повтор талона', 'quiet'),
      chip(state, tone),
    ]);
  if (seen && !seen.has(visit.visit_id)) item.classList.add('new');
  item.dataset.visit = visit.visit_id;
  return item;
};
const queueRow = (one) => {
  const [state, tone] = STATE[one.state] || [one.state, 'quiet'];
  const small = (one.window ? one.window.ru + ' · ' : '') + 'ожидание ' + one.waiting_minutes + ' мин'
    + (one.left > 1 ? ' · услуг осталось: ' + one.left : '');
  const item = line(one.ticket, one.service.ru, small, [
    one.waiting_minutes >= 15 && one.state === 'waiting' && chip('больше 15 минут', 'bad'),
    PRIORITY[one.priority] && chip(PRIORITY[one.priority], 'warn'),
    one.phone && chip('телефон оставлен', 'quiet'),
    chip(state, tone),
  ]);
  item.dataset.queue = one.visit_id;
  return item;
};
const windowCard = (one) => {
  const [state, tone] = WINDOW[one.state] || [one.state, 'quiet'];
  const item = make('li', 'window');
  const until = one.until === null ? '' : ' до ' + time.format(one.until);
  item.append(make('span', 'what', one.name.ru), make('span', 'ticket', one.ticket || '—'), chip(state + until, tone));
  return item;
};
const helpRow = (one) => line(time.format(one.called_at), one.reason === null ? 'Зовёт на помощь' : 'Зовёт на помощь: ' + one.reason,
  'киоск № ' + one.slot + ' · экран ' + one.screen,
  [one.over_at !== null ? chip('закрыт в ' + time.format(one.over_at), 'quiet')
    : one.taken_at !== null ? chip('принял ' + (one.taken_by || 'сотрудник'), 'good') : chip('ждёт', 'bad')]);
const requestRow = (one) => line(time.format(one.received_at), REQUEST[one.type] || one.type, 'киоск № ' + one.slot, [
  one.phone && chip('телефон оставлен', 'quiet'),
  one.withdrawn && chip('отозвана', 'warn'),
  one.status === 'applied' ? chip('исполнена', 'good') : chip(PROBLEM[one.problem] || one.problem || one.status, 'bad'),
]);
/** What staff has to do about it, in words; the rest is only to be known. */
const TODO = { 'double-checkin': 'Зовите по любому из номеров. Если людей двое, разделите талоны у стойки.',
  'from-cancelled': 'Решите у стойки, примут ли его.', 'other-office': 'Скажите, какой офис нужен, или примите без записи.',
  'other-day': 'Запись остаётся на свой день. Решите у стойки, примут ли сегодня.', 'already-served': 'Спросите, зачем пришёл снова.',
  'needs-redirect': 'Услугу сегодня не оказывают.', 'number-used-twice': 'Дайте одному из двоих новый талон.',
  'request-rejected': 'Посетителю сказали, что заявку подтвердят.' };
const conflictRow = (one) => line(one.ticket || time.format(one.at),
  (CONFLICT[one.type] || one.type) + (one.other ? ': ' + one.ticket + ' и ' + one.other : ''),
  [TODO[one.type], one.service && (one.type === 'needs-redirect' ? 'Можно предложить: ' : '') + one.service.ru,
    one.since && 'отменена в ' + time.format(one.since)].filter(Boolean).join(' · ') || 'К сведению', [
    one.phone && chip('есть телефон', 'quiet'),
    one.open ? chip('решить', 'warn') : chip('к сведению', 'quiet'),
  ]);
const purgeRow = (one) => line('№ ' + one.slot, 'Киоск не подтвердил удаление данных', 'строк: ' + one.rows + ' · с ' + day.format(one.since), [chip('ждём', 'warn')]);
const feedbackRow = (one) => line('★'.repeat(one.score), one.ticket || 'Визит',
  one.reasons.map((reason) => REASON[reason] || reason).join(', ') || 'без причин',
  [one.words && chip('есть слова', 'quiet'), chip(time.format(one.at), 'quiet')]);
const lockedRow = (one) => line(time.format(one.at), one.what === 'device' ? 'Ввод закрыт на киоске' : 'Ввод закрыт для номера записи',
  'киоск № ' + one.slot, [chip('до ' + time.format(one.until), 'warn')]);
const deviceRow = (one) => line('№ ' + one.slot, one.name, (one.desk ? 'стойка' : 'киоск') + ' · '
  + (one.seen_at === null ? 'ещё не отвечал' : 'был на связи в ' + time.format(one.seen_at)) + (one.message ? ' · «' + one.message.ru + '»' : ''), [
    one.revoked && chip('отозван', 'bad'),
    one.closed && chip('закрыт стойкой', 'warn'),
    one.paper_low && chip('мало бумаги', 'warn'),
    one.seen_at !== null && chip('принтер: ' + one.printer, one.printer === 'ready' ? 'good' : 'warn'),
  ]);
const smsRow = (one) => line(one.ticket || '—', 'Талон отправить на телефон', 'с согласия посетителя · ' + time.format(one.at),
  [one.ends === null ? chip('номер не читается', 'bad') : chip('номер …' + one.ends, 'quiet')]);
const envelopeRow = (one) => line('Конверт', one.code, 'вход ' + one.staff_id + ' · код от ' + day.format(one.made_at), []);
const fill = (id, list, row) => {
  byId(id).replaceChildren(...list.map(row));
  byId(id + '-part').hidden = list.length === 0;
};
const load = async () => {
  const [visits, hall] = await Promise.all(['visits', 'hall'].map(async (name) => (await fetch('/office/' + name + '.json' + query)).json()));
  byId('list').replaceChildren(...visits.map(visitRow));
  seen = new Set(visits.map((visit) => visit.visit_id));
  byId('count').textContent = String(visits.length);
  byId('nobody').hidden = visits.length > 0;
  const waiting = hall.queue.filter((one) => one.state === 'waiting');
  byId('waiting').textContent = String(waiting.length);
  fill('help', hall.help, helpRow);
  fill('locked', hall.locked, lockedRow);
  fill('windows', hall.windows, windowCard);
  fill('queue', hall.queue.filter((one) => one.state !== 'serving'), queueRow);
  fill('conflicts', hall.conflicts, conflictRow);
  fill('purges', hall.purges, purgeRow);
  fill('requests', hall.requests, requestRow);
  fill('feedback', hall.feedback, feedbackRow);
  fill('sms', hall.sms, smsRow);
  fill('devices', hall.devices, deviceRow);
  fill('envelopes', hall.envelopes, envelopeRow);
};
let due = null;
// The hall moves every few seconds: once for all that comes together.
const soon = () => { due ??= setTimeout(() => { due = null; load(); }, 300); };
const events = new EventSource('/office/events');
events.addEventListener('visit', soon);
events.addEventListener('changes', soon);
events.onopen = () => { byId('offline').hidden = true; load(); };
events.onerror = () => { byId('offline').hidden = false; };
// Minutes go by also when nothing happens.
setInterval(soon, 30000);
`;

const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

const html = (title: string, subtitle: string, timeZone: string, withDemo: boolean): string => `<!doctype html>
<html lang="ru">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Зал</title>
<style>${STYLE}
  .visit { display: grid; grid-template-columns: 150px 1fr auto; align-items: center; gap: 20px; padding: 14px 24px; border-radius: 20px;
    background: #fff; box-shadow: 0 1px 3px rgb(11 31 51 / 6%); }
  .ticket { font-size: 32px; font-weight: 800; white-space: nowrap; }
  .what { font-weight: 600; }
  #windows { grid-template-columns: repeat(auto-fill, minmax(190px, 1fr)); }
  .window { display: grid; gap: 4px; justify-items: start; padding: 14px 20px; border-radius: 20px; background: #fff;
    box-shadow: 0 1px 3px rgb(11 31 51 / 6%); }
  .chips { display: flex; flex-wrap: wrap; gap: 6px; justify-content: flex-end; }
  small { display: block; font-size: 15px; font-weight: 400; color: var(--ink-2); }
  .new { animation: come .5s ease-out; }
  @keyframes come { from { transform: translateY(-16px); background: var(--green-soft); } }
  @media (prefers-reduced-motion: reduce) { .new { animation: none; } }
  @media (max-width: 640px) { .visit { grid-template-columns: 1fr; gap: 4px; } .chips { justify-content: flex-start; } }
</style>
</head>
<body data-zone="${escapeHtml(timeZone)}">
<header><div class="top">
  <div class="grow"><h1>${escapeHtml(title)}</h1><p>${escapeHtml(subtitle)}</p></div>
  <span>Ждут: <strong id="waiting">0</strong></span>
  <span>Отметились сегодня: <strong id="count">0</strong></span>
  ${withDemo ? '<a href="/demo">Подтверждения записи</a>' : ''}
</div><div id="offline" class="offline" role="status" hidden>Нет связи с центром, пробуем снова…</div></header>
<main>
  <section id="help-part" hidden><h2>Вызовы помощи</h2><ul id="help" aria-live="polite"></ul></section>
  <section id="locked-part" hidden><h2>Ввод номера закрыт</h2><ul id="locked"></ul></section>
  <section id="conflicts-part" hidden><h2>Требует внимания</h2><ul id="conflicts" aria-live="polite"></ul></section>
  <section id="purges-part" hidden><h2>Удаление данных</h2><ul id="purges"></ul></section>
  <section id="windows-part" hidden><h2>Окна</h2><ul id="windows"></ul></section>
  <section id="queue-part" hidden><h2>Очередь</h2><ul id="queue"></ul></section>
  <section id="requests-part" hidden><h2>Заявки</h2><ul id="requests"></ul></section>
  <section id="feedback-part" hidden><h2>Отзывы</h2><ul id="feedback"></ul></section>
  <section id="sms-part" hidden><h2>Талоны на телефон</h2><ul id="sms"></ul></section>
  <section id="devices-part" hidden><h2>Устройства</h2><ul id="devices"></ul></section>
  <section id="envelopes-part" hidden><h2>Аварийный вход: код для конверта</h2><ul id="envelopes"></ul></section>
  <h2>Отметились у киосков</h2>
  <div id="nobody" class="empty">Сегодня ещё никто не отметился</div>
  <ul id="list" aria-live="polite"></ul>
</main>
<script>${SCRIPT}</script>
</body>
</html>`;

export const officePage = { html, script: SCRIPT };
