import type {
  FindView,
  PrinterLinkView,
  PrinterProfileView,
  PrinterSet,
  ProbeView,
  TestKind,
  TestView,
} from '../../../shared/contracts/printers-setup.ts';
import type { Result } from '../../../shared/contracts/result.ts';
import type { Client } from '../../ui/client.ts';
import type { Address } from './addresses.ts';

/**
 * What the parts of the set-up need, wherever they stand: at the desk, where somebody with the right is signed in, or in a
 * first start, where nobody is.
 */
export interface PrinterTools {
  find: (addresses: readonly Address[]) => Promise<Result<FindView>>;
  probe: (link: PrinterLinkView) => Promise<Result<ProbeView>>;
  test: (printer: PrinterSet, kind: TestKind) => Promise<Result<TestView>>;
  profiles: readonly PrinterProfileView[];
}

/** In a first start. */
export const setupTools = (client: Client, profiles: readonly PrinterProfileView[]): PrinterTools => ({
  find: (addresses) => client.call('setup.find', { addresses: [...addresses] }),
  probe: (link) => client.call('setup.probe', { link }),
  test: (printer, kind) => client.call('setup.testPage', { printer, kind }),
  profiles,
});

export const deskTools = (client: Client, profiles: readonly PrinterProfileView[]): PrinterTools => ({
  find: (addresses) => client.call('printers.find', { addresses: [...addresses] }),
  probe: (link) => client.call('printers.probe', { link }),
  test: (printer, kind) => client.call('printers.testPage', { printer, kind }),
  profiles,
});
