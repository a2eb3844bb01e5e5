import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyReply } from 'fastify';
import QRCode from 'qrcode';
import { readOffice, type Context } from './context.ts';
import { demoBookings } from './demo-list.ts';
import { hallView } from './hall-view.ts';
import { visitsToday } from './office-view.ts';
import { demoPage } from './page-demo.ts';
import { officePage } from './page-office.ts';
import { ProblemError } from './problems.ts';
import { streamEvents } from './sse.ts';

/** Pages for people: the confirmations of the demo, the hall and who came. No personal data is in them. */

const sendPage = (reply: FastifyReply, html: string, script: string): FastifyReply =>
  reply
    .headers({
      'content-security-policy':
        `default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; connect-src 'self'; base-uri 'none'; ` +
        `form-action 'none'; frame-ancestors 'none'; script-src 'sha256-${createHash('sha256').update(script).digest('base64')}'`,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    })
    .type('text/html; charset=utf-8')
    .send(html);

/** The office that the page is about: the one that was asked for, else the first. */
const officeOf = (context: Context, query: unknown): number => {
  const asked = query !== null && typeof query === 'object' && 'office' in query ? Number(query.office) : null;
  if (asked !== null) {
    if (!Number.isInteger(asked) || !readOffice(context, asked))
      throw new ProblemError('not-found', 'there is no such office');
    return asked;
  }
  const row = context.db
    .prepare<[], { id: string }>(
      `SELECT id FROM entity WHERE collection = 'office' ORDER BY CAST(id AS INTEGER) LIMIT 1`,
    )
    .get();
  if (!row) throw new ProblemError('not-found', 'the centre has no office yet: start it with --seed');
  return Number(row.id);
};

/** @param demo whether the day was made up: then its confirmations are shown to whoever asks */
export const addPages = (app: FastifyInstance, context: Context, demo: boolean, closing: AbortSignal): void => {
  app.get('/', (_request, reply) => reply.redirect(demo ? '/demo' : '/office'));

  app.get('/favicon.ico', (_request, reply) => reply.code(204).send());

  app.get('/office', (request, reply) => {
    const office = readOffice(context, officeOf(context, request.query));
    if (!office) throw new ProblemError('not-found');
    const html = officePage.html(office.name.ru, office.subtitle.ru, office.time_zone, demo);
    return sendPage(reply, html, officePage.script);
  });
  app.get('/office/visits.json', (request) => visitsToday(context, officeOf(context, request.query)));
  app.get('/office/hall.json', (request, reply) => {
    void reply.header('server-time-ms', String(context.now()));
    return hallView(context, officeOf(context, request.query));
  });
  app.get('/office/events', (request, reply) =>
    streamEvents(request, reply, closing, (send) =>
      context.listen(({ type }) => {
        if (type !== 'revoked') send(type, {});
      }),
    ),
  );

  if (!demo) return;
  app.get('/demo', (_request, reply) => sendPage(reply, demoPage.html, demoPage.script));
  app.get('/demo/bookings.json', (_request, reply) => {
    // The page goes by the centre's clock, which may have been set.
    void reply.header('server-time-ms', String(context.now()));
    return demoBookings(context);
  });
  app.get<{ Params: { file: string } }>('/demo/qr/:file', async ({ params }, reply) => {
    const id = /^([0-9a-f]{32})\.png$/.exec(params.file)?.[1];
    const booking = demoBookings(context).find((one) => one.id === id);
    if (!booking) throw new ProblemError('not-found', 'there is no such confirmation');
    const png = await QRCode.toBuffer(booking.token, { errorCorrectionLevel: 'M', margin: 4, scale: 8 });
    return reply.type('image/png').header('cache-control', 'no-store').send(png);
  });
};
