import { belongsTo, defineType, hasMany, reads } from 'gather';

export const Store = defineType('Store', {
  manager: belongsTo('manager_id'),
  opening_hours: hasMany('Opening Hours', { by: 'Store', orderBy: {} }),
  staff: hasMany('staff', { by: 'store_id', orderBy: {} }),
});

export const Staff = defineType('Staff', {
  store: belongsTo('store_id'),
  superior: belongsTo('reports_to'),
  reports: hasMany('staff', { by: 'reports_to', orderBy: {} }),
});

export const Country = defineType('Country', {
  cities: hasMany('city', { by: 'country_id', orderBy: { city_id: 'desc' } }),
});

export const City = defineType('City', { country: belongsTo('country_id') });

export const OpeningHours = defineType('OpeningHours', {
  day: reads(['Day of Week'], (row) => row['Day of Week']),
  store: belongsTo('Store'),
});
