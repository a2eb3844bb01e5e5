import { create } from 'qrcode';
import { useMemo } from 'react';

/** White around a code without which readers do not see it (ISO/IEC 18004): four modules. */
const QUIET = 4;

/**
 * A code to photograph: black on white in every theme.
 * @param text ASCII, upper case
 */
export const Qr = ({ text, label }: { text: string; label: string }) => {
  const { path, size } = useMemo(() => {
    const { modules } = create(text, { errorCorrectionLevel: 'M' });
    let d = '';
    for (let y = 0; y < modules.size; y += 1)
      for (let x = 0; x < modules.size; x += 1) if (modules.get(y, x)) d += `M${x + QUIET} ${y + QUIET}h1v1h-1z`;
    return { path: d, size: modules.size + 2 * QUIET };
  }, [text]);
  return (
    <svg className="qr" role="img" aria-label={label} viewBox={`0 0 ${size} ${size}`} shapeRendering="crispEdges">
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  );
};
