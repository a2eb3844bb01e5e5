import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { centreApi, type CentreApi } from '../../shared/contracts/centre/api.ts';
import { centreExamples, centreOpenApi, type Json, type JsonObject } from '../../shared/contracts/centre/openapi.ts';
import { change, operation, PROBLEMS } from '../../shared/contracts/centre/schemas.ts';
import { OPENAPI_FILE, openApiText } from '../tools/openapi.ts';

const names = Object.keys(centreApi) as (keyof CentreApi)[];

const walk = (value: Json, visit: (object: JsonObject) => void): void => {
  if (Array.isArray(value)) for (const item of value) walk(item, visit);
  else if (value !== null && typeof value === 'object') {
    visit(value);
    for (const item of Object.values(value)) walk(item, visit);
  }
};

describe('the OpenAPI document of the central API', () => {
  it('is what stands in resources: else run node test/tools/openapi.ts', () => {
    expect(readFileSync(OPENAPI_FILE, 'utf8')).toBe(openApiText());
  });

  it('has every call of the contract with its answer', () => {
    const paths = centreOpenApi()['paths'] as Record<string, Record<string, JsonObject>>;
    for (const name of names) {
      const found = paths[centreApi[name].path]?.[centreApi[name].method.toLowerCase()];
      expect(found?.['operationId']).toBe(name);
    }
    expect(Object.keys(paths)).toHaveLength(names.length);
  });

  it('refers only to what is there', () => {
    const document = centreOpenApi();
    const missing: string[] = [];
    walk(document, (object) => {
      const target = object['$ref'];
      if (typeof target !== 'string') return;
      let at: Json | undefined = document;
      for (const part of target.replace('#/', '').split('/')) {
        at = at !== null && typeof at === 'object' && !Array.isArray(at) ? at[part] : undefined;
      }
      if (at === undefined) missing.push(target);
    });
    expect(missing).toEqual([]);
  });

  it.each(names)('%s: the examples fit the schemas', (name) => {
    const { input, output } = centreExamples[name];
    if (input) expect(centreApi[name].input.safeParse(input).error).toBeUndefined();
    expect(centreApi[name].output.safeParse(output).error).toBeUndefined();
  });

  it('has examples of rows that are readable one by one', () => {
    for (const row of centreExamples.changes.output['changes'] as JsonObject[])
      expect(change.safeParse(row).success).toBe(true);
    for (const op of (centreExamples.ops.input?.['ops'] ?? []) as JsonObject[])
      expect(operation.safeParse(op).success).toBe(true);
  });

  it('says problems with the status that they have', () => {
    walk(centreOpenApi()['paths'] as JsonObject, (object) => {
      for (const [status, response] of Object.entries(object)) {
        if (!/^[45]\d\d$/.test(status)) continue;
        const types = JSON.stringify((response as JsonObject)['description']).match(/(?<=\/problems\/)[a-z-]+/g) ?? [];
        expect(types.length).toBeGreaterThan(0);
        for (const type of types) expect(PROBLEMS[type as keyof typeof PROBLEMS]).toBe(Number(status));
      }
    });
  });
});
