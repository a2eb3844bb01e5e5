import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { centreApi, type CentreApi } from '../../shared/contracts/centre/api.ts';
import { centreOpenApi, problemsOf } from '../../shared/contracts/centre/openapi.ts';
import { examplesOf } from '../../shared/contracts/centre/openapi-examples.ts';
import type { Json, JsonObject } from '../../shared/contracts/centre/openapi-rows.ts';
import {
  change,
  COLLECTIONS,
  operation,
  problem,
  PROBLEMS,
  withheldOp,
} from '../../shared/contracts/centre/schemas.ts';
import { exampleCrypto } from '../conformance/vectors.ts';
import { OPENAPI_FILE, openApiText } from '../tools/openapi.ts';

const names = Object.keys(centreApi) as (keyof CentreApi)[];
const openApi = centreOpenApi(exampleCrypto);
const examples = examplesOf(exampleCrypto);
const components = openApi['components'] as Record<string, JsonObject>;
const paths = openApi['paths'] as Record<string, Record<string, JsonObject>>;
const batch = examples.calls.ops.input ?? {};
const listOf = (value: Json | undefined): JsonObject[] => (value ?? []) as JsonObject[];

const walk = (value: Json, visit: (object: JsonObject) => void): void => {
  if (Array.isArray(value)) for (const item of value) walk(item, visit);
  else if (value !== null && typeof value === 'object') {
    visit(value);
    for (const item of Object.values(value)) walk(item, visit);
  }
};

/** A schema of the document with all that it refers to inside of it, as a reader of the file sees it. */
const published = (name: string): z.ZodType => {
  const schemas = JSON.parse(
    JSON.stringify(components['schemas']).replaceAll('#/components/schemas/', '#/$defs/'),
  ) as JsonObject;
  return z.fromJSONSchema({ $ref: `#/$defs/${name}`, $defs: schemas } as never);
};

describe('the OpenAPI document of the central API', () => {
  it('is what stands in resources: else run node test/tools/openapi.ts', () => {
    expect(readFileSync(OPENAPI_FILE, 'utf8')).toBe(openApiText());
  });

  it('has every call of the contract with its answer', () => {
    for (const name of names) {
      const found = paths[centreApi[name].path]?.[centreApi[name].method.toLowerCase()];
      expect(found?.['operationId']).toBe(name);
    }
    expect(Object.keys(paths)).toHaveLength(names.length);
  });

  it('tells the form of each answer', () => {
    const type = { json: 'application/json', ndjson: 'application/x-ndjson', events: 'text/event-stream' };
    for (const name of names) {
      const { path, method, form } = centreApi[name];
      const responses = paths[path]?.[method.toLowerCase()]?.['responses'] as Record<string, JsonObject>;
      expect(Object.keys(responses[name === 'enrol' ? '201' : '200']?.['content'] as JsonObject)).toEqual([type[form]]);
    }
  });

  it('refers only to what is there', () => {
    const missing: string[] = [];
    walk(openApi, (object) => {
      const target = object['$ref'];
      if (typeof target !== 'string') return;
      let at: Json | undefined = openApi;
      for (const part of target.replace('#/', '').split('/')) {
        at = at !== null && typeof at === 'object' && !Array.isArray(at) ? at[part] : undefined;
      }
      if (at === undefined) missing.push(target);
    });
    expect(missing).toEqual([]);
  });

  it.each(names)(
    '%s: every answer has the headers of the protocol, and who is told to wait is told how long',
    (name) => {
      const { path, method } = centreApi[name];
      const responses = paths[path]?.[method.toLowerCase()]?.['responses'] as Record<string, JsonObject>;
      for (const [status, response] of Object.entries(responses)) {
        const headers = Object.keys(response['headers'] as JsonObject);
        expect(headers).toEqual(
          expect.arrayContaining(['Sync-Schema', 'Sync-Schema-Min', 'Sync-Epoch', 'Server-Time-Ms']),
        );
        expect(headers.includes('Retry-After')).toBe(status === '429' || status === '503');
      }
    },
  );

  it('says problems with the status that they have, each with an example', () => {
    for (const name of names) {
      const { path, method } = centreApi[name];
      const responses = paths[path]?.[method.toLowerCase()]?.['responses'] as Record<string, JsonObject>;
      const said: string[] = [];
      for (const [status, response] of Object.entries(responses)) {
        if (Number(status) < 400) continue;
        const content = (response['content'] as JsonObject)['application/problem+json'] as JsonObject;
        for (const [type, example] of Object.entries(content['examples'] as Record<string, JsonObject>)) {
          said.push(type);
          const read = problem.parse(example['value']);
          expect([read.type, String(read.status), read.status]).toEqual([
            `/problems/${type}`,
            status,
            PROBLEMS[type as keyof typeof PROBLEMS],
          ]);
        }
      }
      expect(said.toSorted()).toEqual(problemsOf(name).toSorted());
    }
  });
});

describe('the examples of the central API', () => {
  it.each(names)('%s: fit the contract, and the schemas that are published', (name) => {
    const { input, output } = examples.calls[name];
    const upper = name.charAt(0).toUpperCase() + name.slice(1);
    if (input) {
      expect(centreApi[name].input.safeParse(input).error).toBeUndefined();
      expect(published(`${upper}Request`).safeParse(input).error).toBeUndefined();
    }
    for (const one of Array.isArray(output) ? output : [output]) {
      expect(centreApi[name].output.safeParse(one).error).toBeUndefined();
      expect(published(`${upper}Answer`).safeParse(one).error).toBeUndefined();
    }
  });

  it('do not fit when they are spoilt', () => {
    const spoilt = { ...centreApi.hello.output.parse(examples.calls.hello.output), resync: 'perhaps' };
    expect(published('HelloAnswer').safeParse(spoilt).success).toBe(false);
  });

  it('have a row of every collection, its end, and one that is to be purged', () => {
    expect(new Set(examples.rows.map((row) => row['c']))).toEqual(new Set(Object.keys(COLLECTIONS)));
    expect(examples.rows.map((row) => row['op'])).toEqual(expect.arrayContaining(['put', 'del', 'evict']));
    expect(examples.rows.some((row) => row['purge'] === true)).toBe(true);
    const schema = published('Change');
    for (const row of examples.rows) {
      expect(change.safeParse(row).error).toBeUndefined();
      expect(schema.safeParse(row).error).toBeUndefined();
    }
  });

  it('have an operation of every type, and one that is withheld', () => {
    const types = operation.options.map(({ shape }) => shape.type.value);
    expect(listOf(batch['ops'])).toHaveLength(types.length);
    expect(new Set(listOf(batch['ops']).map((op) => op['type']))).toEqual(new Set(types));
    const schema = published('Operation');
    for (const op of listOf(batch['ops'])) {
      expect(operation.safeParse(op).error).toBeUndefined();
      expect(schema.safeParse(op).error).toBeUndefined();
    }
    const held = listOf(examples.withheld['ops']).filter((op) => withheldOp.safeParse(op).success);
    expect(held).toHaveLength(1);
  });

  it('have a result for each operation of the batch', () => {
    const { results } = centreApi.ops.output.parse(examples.calls.ops.output);
    expect(results.map(({ op_id }) => op_id)).toEqual(listOf(batch['ops']).map((op) => op['op_id']));
  });
});
