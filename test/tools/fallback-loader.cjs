'use strict';
/**
 * Put into the older development runtime as its built-in app, so that it takes a command line like the ordinary
 * `electron [switches] APPDIR [arguments]`: the first argument that is not a switch is the folder of the app.
 */
const path = require('node:path');
const { app } = require('electron');

/** Prints what is wrong and ends; never a dialog, nobody may be there to close it. */
function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

let folder = null;
for (let i = 1; i < process.argv.length; i++) {
  const argument = process.argv[i];
  if (argument === '--version' || argument === '-v') {
    process.stdout.write(`v${process.versions.electron}\n`);
    process.exit(0);
  }
  if (argument === '-r' || argument === '--require') {
    require(path.resolve(process.argv[++i] ?? ''));
    continue;
  }
  if (argument.startsWith('-')) continue;
  folder = path.resolve(argument);
  break;
}
if (folder === null) fail('No app was named. Use: electron [switches] APPDIR [arguments]');

Object.defineProperty(process, 'defaultApp', { configurable: false, enumerable: true, value: true });
let manifest = {};
try {
  manifest = require(path.join(folder, 'package.json'));
} catch (error) {
  if (error.code !== 'MODULE_NOT_FOUND') fail(`${path.join(folder, 'package.json')} cannot be read: ${error.message}`);
}
if (manifest.version) app.setVersion(manifest.version);
const name = manifest.productName ?? manifest.name;
if (name) {
  app.setName(name);
  // The name has decided the folder for user data before we came; follow it, unless it was told.
  if (!app.commandLine.hasSwitch('user-data-dir')) app.setPath('userData', path.join(app.getPath('appData'), name));
}
if (typeof app.setDesktopName === 'function') app.setDesktopName(manifest.desktopName ?? `${app.getName()}.desktop`);
let entry;
try {
  entry = require.resolve(folder);
} catch {
  fail(`There is no app in ${folder}: its main file "${manifest.main ?? 'index.js'}" is missing. Is it built?`);
}
app.setAppPath(manifest.main || manifest.name ? folder : path.dirname(entry));
require(entry);
