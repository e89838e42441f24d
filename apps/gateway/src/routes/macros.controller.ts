import { Controller } from '@nestjs/common';
import { MACRO_CATALOGUE, MODIFIER_CATALOGUE } from '@ringback/callbacks';
import type { z } from 'zod';
import { Endpoint } from '../http/endpoint.js';
import { macroCatalogueSchema } from './named-schemas.js';

const catalogue: z.infer<typeof macroCatalogueSchema> = { items: [...MACRO_CATALOGUE], modifiers: [...MODIFIER_CATALOGUE] };

/** What `libs/callbacks` can render. */
@Controller()
export class MacrosController {
  @Endpoint({
    method: 'GET',
    path: '/v1/macros',
    tag: 'Callbacks',
    summary: 'List the macros that URLs, params and headers may hold',
    access: 'configuration:read',
    scope: 'shared',
    answers: {
      200: {
        description: 'The catalogue: every macro and every modifier.',
        schema: macroCatalogueSchema,
        example: { items: catalogue.items.slice(0, 1), modifiers: catalogue.modifiers.slice(0, 1) },
      },
    },
  })
  listMacros() {
    return catalogue;
  }
}
