import { runMutation, toRowId } from 'gather';
import type { CreateFilmInput, MutationResolvers, UpdateFilmInput } from '../generated/schema.ts';

export const createFilms: MutationResolvers['createFilms'] = (_, { input }, context) =>
  runMutation(context, { films: null }, async () => ({
    films: await context.tables.film.bulkCreate(input.map(toRow), { columns: context.columns.film }),
  }));

export const updateFilm: MutationResolvers['updateFilm'] = (_, { input }, context) =>
  runMutation(context, { film: null }, async () => ({
    film: await context.tables.film.save(toChange(input), { columns: context.columns.film }),
  }));

function toRow({ language, sequel_of, ...input }: CreateFilmInput) {
  return {
    title: input.title,
    language_code: toRowId('Language', language),
    sequel_of: sequel_of == null ? null : toRowId('Film', sequel_of),
    rating: input.rating ?? null,
    rated_before: input.rated_before ?? null,
    special_features: input.special_features ?? null,
    budget: input.budget ?? null,
    running_time: input.running_time ?? null,
    shown_in: input.shown_in ?? null,
    extras: JSON.stringify(input.extras ?? {}),
    last_update: input.last_update ?? '-infinity',
  };
}

function toChange({ id, title, language, sequel_of, rating, special_features, last_update }: UpdateFilmInput) {
  return {
    film_id: toRowId('Film', id),
    title: title ?? undefined,
    language_code: language == null ? undefined : toRowId('Language', language),
    sequel_of: sequel_of == null ? undefined : toRowId('Film', sequel_of),
    rating,
    special_features,
    last_update: last_update ?? undefined,
  };
}
