import { BarChart3, Download, Table2 } from 'lucide-react';
import { useId, useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { NumbersTable } from '../../../shared/contracts/numbers.ts';
import { saveText } from '../audit/save.ts';
import { useDesk } from '../view.ts';
import type { Span } from './range.ts';

export interface Cells {
  key: string;
  head: string;
  cells: readonly string[];
}

interface PanelProps {
  /** What it saves; several panels may be of one table. */
  table: NumbersTable;
  id: string;
  span: Span;
  title: string;
  /** Over all columns. */
  wide?: boolean;
  /** The same in words as the chart, as short as can be. */
  summary: string;
  legend?: readonly { words: string; kind: 'solid' | 'hatch' | 'limit' }[];
  /** Null: there is nothing to draw. */
  chart: ReactNode;
  columns: readonly string[];
  rows: readonly Cells[];
  children?: ReactNode;
}

/** One matter as a chart or as a table, by choice; on paper as both. */
export const Panel = (props: PanelProps) => {
  const { table, id, span, title, wide = false, summary, legend = [], chart, columns, rows, children } = props;
  const { t } = useTranslation();
  const { client, language } = useDesk();
  const [asTable, setAsTable] = useState(false);
  const [said, setSaid] = useState<string | null>(null);
  const heading = useId();
  const tabular = asTable || chart === null;

  const save = async (): Promise<void> => {
    setSaid(null);
    const { from, until } = span;
    const result = await client.call('numbers.csv', { from, until, table, language });
    if (result.ok) saveText(result.value.name, result.value.text);
    setSaid(result.ok ? t('numbers.saved', { name: result.value.name }) : t('numbers.notSaved'));
  };

  return (
    <section className={wide ? 'numbers-panel wide' : 'numbers-panel'} aria-labelledby={heading} data-id={id}>
      <div className="numbers-head">
        <h2 id={heading}>{title}</h2>
        {children}
        <span />
        {chart === null ? null : (
          <button
            type="button"
            data-action="numbers-form"
            data-id={id}
            aria-label={`${asTable ? t('numbers.chart') : t('numbers.table')}: ${title}`}
            onClick={() => setAsTable(!asTable)}
          >
            {asTable ? <BarChart3 aria-hidden /> : <Table2 aria-hidden />}
            {asTable ? t('numbers.chart') : t('numbers.table')}
          </button>
        )}
        {rows.length === 0 ? null : (
          <button
            type="button"
            data-action="numbers-save"
            data-id={id}
            aria-label={`CSV. ${t('numbers.save')}: ${title}`}
            title={t('numbers.save')}
            onClick={() => void save()}
          >
            <Download aria-hidden />
            CSV
          </button>
        )}
      </div>
      <p className="numbers-summary">{summary}</p>
      <p className="said" role="status">
        {said}
      </p>
      {tabular ? null : (
        <div className="numbers-chart" aria-hidden>
          {legend.length === 0 ? null : (
            <ul className="numbers-legend">
              {legend.map(({ words, kind }) => (
                <li key={kind}>
                  <i className={kind} />
                  {words}
                </li>
              ))}
            </ul>
          )}
          {chart}
        </div>
      )}
      {rows.length === 0 ? null : (
        <div
          className={tabular ? 'numbers-table' : 'numbers-table on-paper'}
          role="group"
          aria-labelledby={heading}
          tabIndex={tabular ? 0 : undefined}
        >
          <table>
            <thead>
              <tr>
                {columns.map((column) => (
                  <th key={column} scope="col">
                    {column}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map(({ key, head, cells }) => (
                <tr key={key}>
                  <th scope="row">{head}</th>
                  {cells.map((cell, n) => (
                    <td key={columns[n + 1]}>{cell}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
};
