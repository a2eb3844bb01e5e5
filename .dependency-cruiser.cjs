/**
 * Who may import whom (ARCHITECTURE.md, "Environments"). test/integration/import-rules.test.ts shows that each rule bites,
 * by the files in test/fixtures/broken/imports.
 */
const ROOT = '^(test/fixtures/broken/imports/)?';
const from = (path, except) => ({ path: `${ROOT}${path}`, ...(except ? { pathNot: `${ROOT}${except}` } : {}) });
const rule = (name, fromWhat, to, comment) => ({ name, severity: 'error', comment, from: fromWhat, to });

module.exports = {
  forbidden: [
    rule(
      'shared-imports-only-shared',
      from('shared/'),
      { path: ROOT + '(electron|renderer|test|resources)/' },
      'shared imports nothing of ours',
    ),
    rule('shared-is-pure', from('shared/'), { dependencyTypes: ['core'] }, 'shared knows neither Node nor Electron'),
    rule(
      'shared-packages',
      from('shared/'),
      { dependencyTypes: ['npm', 'npm-dev', 'npm-optional'], pathNot: 'node_modules/(zod|i18next)/' },
      'shared uses zod, and nothing that needs an environment',
    ),
    rule(
      'core-imports',
      from('electron/core/'),
      { path: ROOT + '(electron/(main|preload)|renderer|test)/' },
      'core imports shared',
    ),
    rule(
      'core-knows-no-electron',
      from('electron/core/'),
      { path: 'node_modules/electron(-updater)?/' },
      'createCore is plain Node',
    ),
    rule(
      'main-imports',
      from('electron/main/'),
      { path: ROOT + '(electron/(core|preload)|renderer|test)/' },
      'main imports shared; the core is a process of its own',
    ),
    rule(
      'preload-imports',
      from('electron/preload/'),
      { path: ROOT + '(electron/(core|main)|renderer|test|shared/(?!contracts|domain))/' },
      'preload imports the contracts',
    ),
    rule(
      'preload-is-sandboxed',
      from('electron/preload/'),
      { dependencyTypes: ['core'] },
      'a sandboxed preload has no Node',
    ),
    rule(
      'renderer-imports',
      from('renderer/'),
      { path: ROOT + '(electron|test|resources)/' },
      'renderer imports shared',
    ),
    rule('renderer-is-a-page', from('renderer/'), { dependencyTypes: ['core'] }, 'a page has no Node'),
    rule(
      'renderer-no-electron',
      from('renderer/'),
      { path: 'node_modules/electron(-updater)?/' },
      'a page has no Electron',
    ),
    rule(
      'kiosk-not-desk',
      from('renderer/kiosk/'),
      { path: ROOT + 'renderer/desk/' },
      'the two faces never import each other',
    ),
    rule(
      'desk-not-kiosk',
      from('renderer/desk/'),
      { path: ROOT + 'renderer/kiosk/' },
      'the two faces never import each other',
    ),
    rule(
      'nothing-imports-test',
      { pathNot: '^(test/|[^/]+$)' },
      { path: '^test/(?!fixtures/broken)' },
      'what is shipped does not know its tests',
    ),
    rule(
      'no-cycles',
      { path: '^(shared|electron|renderer)/' },
      { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
      'a cycle hides who depends on whom',
    ),
    rule(
      'no-unresolved',
      { pathNot: '^test/fixtures/broken' },
      { couldNotResolve: true, pathNot: '^(virtual:|vite/|electron$)|\\?(url|worker|raw)' },
      'an import that leads nowhere',
    ),
    rule(
      'not-to-dev-dependencies',
      { path: '^(electron/core|shared)/' },
      { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['npm', 'type-only'] },
      'what the core imports must ship',
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(out|dist)/' },
    tsPreCompilationDeps: true,
    combinedDependencies: false,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.mjs', '.js', '.cjs', '.d.ts'],
    },
  },
};
