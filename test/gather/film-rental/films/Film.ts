import { belongsTo, defineType, hasMany, manyToMany } from 'gather';

export const Film = defineType('Film', {
  language: belongsTo('language_code'),
  original_language: belongsTo('original_language_code'),
  sequel_of: belongsTo('sequel_of'),
  sequels: hasMany('film', { by: 'sequel_of', orderBy: {} }),
  parts: hasMany('film_actor', { by: 'film_id', orderBy: {} }),
  cast: manyToMany('actor', { through: 'film_actor' }),
  copies: hasMany('inventory', { by: 'film_id', orderBy: {} }),
});

export const Language = defineType('Language', {
  films: hasMany('film', { by: 'language_code', orderBy: {} }),
  originals: hasMany('film', { by: 'original_language_code', orderBy: {} }),
});

export const Actor = defineType('Actor', {
  parts: hasMany('film_actor', { by: 'actor_id', orderBy: { film_id: 'desc' } }),
  films: manyToMany('film', { through: 'film_actor', orderBy: { title: 'asc' } }),
});

export const Part = defineType('Part', { actor: belongsTo('actor_id'), film: belongsTo('film_id') });
