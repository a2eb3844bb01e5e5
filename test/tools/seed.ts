import fc from 'fast-check';

/**
 * Property tests take the same steps in each run, so that a change is judged by what it changes and not by luck.
 * `PROPERTY_SEED=random npm test -- --only unit` looks elsewhere, and any number does the same again; a failure tells its own
 * seed either way.
 */
const FIXED = 20_261_123;

const given = process.env['PROPERTY_SEED'];
if (given !== 'random') fc.configureGlobal({ seed: given === undefined ? FIXED : Number(given) });
