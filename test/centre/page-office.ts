import { STYLE } from './page-style.ts';

/** What the office sees: who is checked in, the latest on top. Data is put in as text, never as markup. */

const SCRIPT = String.raw`
'use strict';
const byId = (id) => document.getElementById(id);
const zone = document.body.dataset.zone;
const query = location.search;
const time = new Intl.DateTimeFormat('ru', { hour: '2-digit', minute: '2-digit', timeZone: zone });
const CONFLICT = { 'double-checkin': 'вторая отметка по этой записи', 'booking-cancelled': 'запись была отменена',
  'other-office': 'запись в другой офис', 'already-served': 'уже был обслужен', 'number-used-twice': 'такой номер уже выдан' };
const make = (tag, className, text) => {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
};
let seen = null;
const row = (visit) => {
  const item = make('li', 'visit');
  if (seen && !seen.has(visit.visit_id)) item.classList.add('new');
  item.dataset.visit = visit.visit_id;
  const what = make('span', 'what', visit.service.ru);
  const line = make('small', '', (visit.starts_at === null ? 'время записи пока неизвестно' : 'запись на ' + time.format(visit.starts_at))
    + ' · отметка в ' + time.format(visit.occurred_at) + ' · киоск № ' + visit.device.slot);
  what.append(line);
  const chips = make('span', 'chips');
  if (visit.provisional) chips.append(make('span', 'chip warn', 'предварительно'));
  if (visit.conflict) chips.append(make('span', 'chip bad', CONFLICT[visit.conflict] || visit.conflict));
  if (visit.copies > 0) chips.append(make('span', 'chip quiet', 'повтор талона'));
  item.append(make('span', 'ticket', visit.ticket), what, chips);
  return item;
};
const load = async () => {
  const visits = await (await fetch('/office/visits.json' + query)).json();
  byId('list').replaceChildren(...visits.map(row));
  seen = new Set(visits.map((visit) => visit.visit_id));
  byId('count').textContent = String(visits.length);
  byId('nobody').hidden = visits.length > 0;
};
const events = new EventSource('/office/events');
events.addEventListener('visit', load);
events.addEventListener('changes', load);
events.onopen = () => { byId('offline').hidden = true; load(); };
events.onerror = () => { byId('offline').hidden = false; };
`;

const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

const html = (title: string, subtitle: string, timeZone: string, withDemo: boolean): string => `<!doctype html>
<html lang="ru">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Кто отметился</title>
<style>${STYLE}
  .visit { display: grid; grid-template-columns: 150px 1fr auto; align-items: center; gap: 20px; padding: 14px 24px; border-radius: 20px;
    background: #fff; box-shadow: 0 1px 3px rgb(11 31 51 / 6%); }
  .ticket { font-size: 32px; font-weight: 800; white-space: nowrap; }
  .what { font-weight: 600; }
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
  <span>Отметились сегодня: <strong id="count">0</strong></span>
  ${withDemo ? '<a href="/demo">Подтверждения записи</a>' : ''}
</div><div id="offline" class="offline" role="status" hidden>Нет связи с центром, пробуем снова…</div></header>
<main>
  <div id="nobody" class="empty">Сегодня ещё никто не отметился</div>
  <ul id="list" aria-live="polite"></ul>
</main>
<script>${SCRIPT}</script>
</body>
</html>`;

export const officePage = { html, script: SCRIPT };
