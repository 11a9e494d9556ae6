import { defineApp } from 'gather';
import { createFilms, updateFilm } from './films/changes.ts';
import { Actor, Film, Language, Part } from './films/Film.ts';
import { rowLoaders, tables } from './generated/database.ts';
import { migrations } from './migrations.ts';
import { Query } from './Query.ts';
import { extendRental } from './rentals/extendRental.ts';
import { Invoice, InvoiceLine } from './rentals/Invoice.ts';
import { Copy, Customer, Rental } from './rentals/Rental.ts';
import { City, Country, OpeningHours, Staff, Store } from './stores/Store.ts';
import { updateStaff } from './stores/updateStaff.ts';
import { types } from './types.ts';

/** An application on a database of others: a film rental. */
export const filmRental = defineApp({
  name: 'Film rental',
  schema: new URL('./schema.graphql', import.meta.url),
  database: { tables, rowLoaders },
  types,
  resolvers: {
    Query,
    Mutation: { createFilms, updateFilm, updateStaff, extendRental },
    Actor,
    City,
    Copy,
    Country,
    Customer,
    Film,
    Invoice,
    InvoiceLine,
    Language,
    OpeningHours,
    Part,
    Rental,
    Staff,
    Store,
  },
  migrations,
});
