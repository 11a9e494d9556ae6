import { belongsTo, defineType, hasMany } from 'gather';

export const Film = defineType('Film', {
  language: belongsTo('language_code'),
  original_language: belongsTo('original_language_code'),
  sequel_of: belongsTo('sequel_of'),
  sequels: hasMany('film', { by: 'sequel_of', order: 'oldest first' }),
  parts: hasMany('film_actor', { by: 'film_id', order: 'oldest first' }),
  copies: hasMany('inventory', { by: 'film_id', order: 'oldest first' }),
});

export const Language = defineType('Language', {
  films: hasMany('film', { by: 'language_code', order: 'oldest first' }),
  originals: hasMany('film', { by: 'original_language_code', order: 'oldest first' }),
});

export const Actor = defineType('Actor', {
  parts: hasMany('film_actor', { by: 'actor_id', order: 'newest first' }),
});

export const Part = defineType('Part', { actor: belongsTo('actor_id'), film: belongsTo('film_id') });
