import { useId } from 'react';
import {
  Bar,
  BarChart,
  CartesianGrid,
  LabelList,
  ReferenceLine,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
  type YAxisTickContentProps,
} from 'recharts';

/**
 * Charts for who sees them: the table behind each says the same to everybody else, so they are hidden from assistive
 * technology and take no focus. Two series differ in their pattern, not in colour alone.
 */

const TICK = { fill: 'var(--ink-2)', fontSize: 12.5 };
const AXIS = { stroke: 'var(--line)' };
const TIP = {
  contentStyle: {
    border: '1.5px solid var(--line)',
    borderRadius: 10,
    background: 'var(--card)',
    color: 'var(--ink)',
  },
  itemStyle: { color: 'var(--ink)', padding: 0 },
  cursor: { fill: 'var(--soft)' },
  separator: ': ',
  isAnimationActive: false,
} as const;
const SOLID = { fill: 'var(--blue)', isAnimationActive: false } as const;
const LABEL = { fill: 'var(--ink)', fontSize: 12.5, fontWeight: 600 } as const;

/** Lines on a light ground with an edge: told from the solid bars in any colour, and on paper. */
const useHatch = () => {
  const id = `hatch${useId().replaceAll(/\W/g, '')}`;
  return {
    defs: (
      <defs>
        <pattern id={id} width={6} height={6} patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <rect width={6} height={6} fill="var(--card)" />
          <rect width={2.5} height={6} fill="var(--blue-deep)" />
        </pattern>
      </defs>
    ),
    bar: { fill: `url(#${id})`, stroke: 'var(--blue-deep)', isAnimationActive: false } as const,
  };
};

interface ColumnsProps {
  rows: readonly { label: string; n: number; thought?: number | null }[];
  name: string;
  /** Of the second series; null: there is none. */
  thought: string | null;
}

/** Upright columns: hours or days. */
export const Columns = ({ rows, name, thought }: ColumnsProps) => {
  const hatch = useHatch();
  return (
    <ResponsiveContainer width="100%" height={230}>
      <BarChart
        data={[...rows]}
        accessibilityLayer={false}
        barGap={1}
        margin={{ top: 8, right: 4, bottom: 0, left: 0 }}
      >
        {hatch.defs}
        <CartesianGrid vertical={false} stroke="var(--line)" />
        <XAxis dataKey="label" tick={TICK} axisLine={AXIS} tickLine={false} minTickGap={6} />
        <YAxis width={38} tick={TICK} axisLine={false} tickLine={false} allowDecimals={false} />
        <Tooltip {...TIP} />
        <Bar dataKey="n" name={name} radius={[3, 3, 0, 0]} maxBarSize={54} {...SOLID} />
        {thought === null ? null : (
          <Bar dataKey="thought" name={thought} radius={[3, 3, 0, 0]} maxBarSize={54} {...hatch.bar} />
        )}
      </BarChart>
    </ResponsiveContainer>
  );
};

export interface RowData {
  key: string;
  name: string;
  /** Under the name. */
  note: string | null;
  first: number;
  firstLabel: string;
  second: number | null;
  secondLabel: string;
}

interface RowsProps {
  rows: readonly RowData[];
  name: string;
  second: string | null;
  /** A line across all rows, with its words. */
  limit?: { at: number; label: string } | null;
}

const NAMES_WIDTH = 222;
/** As much of a name as has room; all of it stands in the table. */
const NAME_LENGTH = 27;
const shortened = (name: string): string =>
  name.length <= NAME_LENGTH ? name : `${name.slice(0, NAME_LENGTH - 1).trimEnd()}…`;

/** Lying bars, a row for each service or window. */
export const Rows = ({ rows, name, second, limit = null }: RowsProps) => {
  const hatch = useHatch();
  const tick = ({ x, y, payload }: YAxisTickContentProps) => {
    const row = rows.find(({ key }) => key === payload.value);
    const left = Number(x) - NAMES_WIDTH + 8;
    const noted = row !== undefined && row.note !== null;
    return (
      <text x={left} y={Number(y)} fontSize={13}>
        <tspan x={left} dy={noted ? -2 : 4} fill="var(--ink)" fontWeight={550}>
          {shortened(row?.name ?? '')}
        </tspan>
        {noted ? (
          <tspan x={left} dy={16} fontSize={12} fill="var(--ink-2)">
            {row.note}
          </tspan>
        ) : null}
      </text>
    );
  };
  const height = rows.length * (second === null ? 36 : 44) + (limit ? 46 : 30);
  return (
    <ResponsiveContainer width="100%" height={height}>
      <BarChart
        data={[...rows]}
        layout="vertical"
        accessibilityLayer={false}
        barGap={2}
        margin={{ top: limit ? 18 : 2, right: 46, bottom: 0, left: 0 }}
      >
        {hatch.defs}
        <CartesianGrid horizontal={false} stroke="var(--line)" />
        <XAxis type="number" tick={TICK} axisLine={AXIS} tickLine={false} allowDecimals={false} />
        <YAxis
          type="category"
          dataKey="key"
          width={NAMES_WIDTH}
          tick={tick}
          axisLine={AXIS}
          tickLine={false}
          interval={0}
        />
        {limit ? (
          <ReferenceLine
            x={limit.at}
            ifOverflow="extendDomain"
            stroke="var(--red)"
            strokeWidth={1.5}
            strokeDasharray="5 4"
            label={{ value: limit.label, position: 'top', fill: 'var(--red)', fontSize: 12.5 }}
          />
        ) : null}
        <Bar dataKey="first" name={name} radius={[0, 3, 3, 0]} barSize={13} {...SOLID}>
          <LabelList dataKey="firstLabel" position="right" {...LABEL} />
        </Bar>
        {second === null ? null : (
          <Bar dataKey="second" name={second} radius={[0, 3, 3, 0]} barSize={13} {...hatch.bar}>
            <LabelList dataKey="secondLabel" position="right" {...LABEL} />
          </Bar>
        )}
      </BarChart>
    </ResponsiveContainer>
  );
};
