-- A few rows in each table. Keys that tests use are written out.

insert into country (country) values ('Canada'), ('Iceland'), ('Japan');
insert into city (city, country_id) values ('Halifax', 1), ('Reykjavík', 2), ('Kobe', 3), ('Ottawa', 1);
insert into address (address, district, postal_code, city_id, position) values
  ('12 Harbour Road', 'Nova Scotia', 'B3H 1A1', 1, point(-63.57, 44.64)),
  ('Laugavegur 7', null, '101', 2, point(-21.93, 64.14)),
  ('3 Sannomiya', 'Hyogo', '650-0021', 3, null),
  ('80 Rideau Street', 'Ontario', 'K1N 9J7', 4, null);

begin;
insert into store (store_id, address_id, manager_id) values (1, 1, 1), (2, 2, 3);
insert into staff (staff_id, first_name, last_name, email, password, picture, store_id, reports_to, is_active, hired_on)
values
  (1, 'Ada', 'Moreau', 'ada@films.example', '$argon2id$none', '\x89504e470d0a1a0a', 1, null, true, '2019-03-01'),
  (2, 'Bilal', 'Chen', 'bilal@films.example', '$argon2id$none', null, 1, 1, true, '2021-06-15'),
  (3, 'Sigrún', 'Jónsdóttir', 'sigrun@films.example', '$argon2id$none', '\x00ff', 2, 1, true, '2020-01-07'),
  (4, 'Tom', 'Okada', null, null, null, 2, 3, false, '-infinity');
commit;

insert into staff_login (staff_id, logged_in_at, address, network) values
  (1, '2026-10-01 08:00:00+00', '192.0.2.17', '192.0.2.0/24'),
  (1, '2026-10-02 08:03:00.123456+00', '2001:db8::17', '2001:db8::/32'),
  (3, '2026-10-02 09:00:00+00', '198.51.100.4/25', null);

insert into language values ('en', 'English'), ('is', 'Icelandic'), ('ja', 'Japanese');

insert into film (film_id, title, description, release_year, language_code, original_language_code, sequel_of,
  rental_days, rental_rate, replacement_cost, running_time, rating, rated_before, special_features, budget, extras,
  shown_in, last_update)
values
  (1, 'Harbour Lights', 'Two brothers wait for a ship.', 1994, 'en', null, null, 3, 2.99, 14.99, '1:47', 'PG-13',
    '{PG}', '{Trailers,"Deleted Scenes"}', '{1200000.10,90071992547409.93}', '{"colour": true, "reels": 6}',
    '[1994-05-01,1994-07-01)', '2026-01-15 10:30:00'),
  (2, 'Harbour Lights Again', 'The ship comes back.', 1998, 'en', null, 1, 5, 3.99, 16.50, '2:05:30', 'NC-17',
    '{R,NC-17}', '{Commentaries}', '{}', '{}', '[1998-03-01,)', '2026-02-01 00:00:00.000001'),
  (3, 'The Glacier', null, 2003, 'is', 'is', null, 3, 4.99, 19.99, '1:32', 'G', null, null, null, '[]', null,
    'infinity'),
  (4, 'Rain over Kobe', 'A detective, a tailor, and a "borrowed" umbrella.', 2011, 'en', 'ja', null, 7, 0.99, 9.99,
    '1 day 2:00', 'R', '{}', '{Trailers,"Behind the Scenes","a \"quoted\", label"}', '{0.1,null}', '{"n": 1}',
    'empty', '2026-03-10 12:00:00'),
  (5, 'Unrated', null, null, 'ja', null, null, 3, 4.99, 19.99, null, null, null, '{}', null, 'null', null,
    '-infinity');
insert into category (name) values ('Drama'), ('Crime'), ('Documentary');
insert into film_category values (1, 1), (2, 1), (3, 3), (4, 1), (4, 2);

insert into actor (actor_id, first_name, last_name, born_on) values
  (1, 'Noor', 'Haddad', '1961-11-30'), (2, 'Emil', 'Sørensen', '1970-02-28'), (3, 'Yuki', 'Tanabe', null),
  (4, 'Extra', 'Nobody', 'infinity');
insert into film_actor (actor_id, film_id, role, billing) values
  (1, 1, 'The elder brother', 1), (2, 1, 'The younger brother', 2), (1, 2, 'The brother', 1), (3, 4, 'The tailor', 1),
  (2, 4, null, 2);

insert into inventory (inventory_id, film_id, store_id) values
  (1, 1, 1), (2, 1, 2), (3, 2, 1), (4, 3, 2), (9007199254740993, 4, 1);

insert into customer (customer_id, first_name, last_name, email, address_id, store_id, recruited_by, api_token, created_at)
values
  ('11111111-1111-4111-8111-111111111111', 'Mary', 'Lowe', 'mary@customers.example', 4, 1, null, 'secret-1',
    '2025-05-01 12:00:00+00'),
  ('22222222-2222-4222-8222-222222222222', 'Jón', 'Einarsson', null, 2, 2, '11111111-1111-4111-8111-111111111111',
    'secret-2', '2025-06-01 12:00:00+00'),
  ('33333333-3333-4333-8333-333333333333', 'Hana', 'Mori', 'hana@customers.example', 3, 1,
    '11111111-1111-4111-8111-111111111111', null, '2025-07-01 12:00:00.5+00');

insert into rental (rental_id, inventory_id, customer_id, lent_by, returned_to, period, due_on) values
  (1, 1, '11111111-1111-4111-8111-111111111111', 1, 2, '[2026-09-01 10:00+00,2026-09-03 18:00+00)', '2026-09-04'),
  (2, 2, '22222222-2222-4222-8222-222222222222', 3, null, '[2026-09-05 10:00+00,)', 'infinity'),
  (3, 9007199254740993, '33333333-3333-4333-8333-333333333333', 2, 1, '[2026-09-06 10:00+00,2026-09-08 09:00+00)',
    '2026-09-13'),
  (4, 3, '11111111-1111-4111-8111-111111111111', 1, null, '[2026-10-01 10:00+00,)', '2026-10-06');

insert into payment values (1, '2026-09-03 18:00', 2.99), (3, '2026-09-08 09:00', 0.99), (3, '2026-09-08 09:01', 5.00);

insert into "Opening Hours" values (1, 1, '10:00', '18:30'), (1, 2, '10:00', '18:30'), (2, 6, '12:00', '24:00');

insert into accounting.currency values ('CAD', 'Canadian dollar'), ('ISK', 'Icelandic króna');
insert into accounting.invoice values
  (1, 1, '11111111-1111-4111-8111-111111111111', 'CAD', '2026-09-30', 2.99),
  (1, 2, '33333333-3333-4333-8333-333333333333', 'CAD', '2026-09-30', 5.99),
  (2, 1, '22222222-2222-4222-8222-222222222222', 'ISK', '2026-10-31', 1000000000.01);
insert into accounting.invoice_line values
  (1, 1, 1, 1, 'Harbour Lights', 2.99),
  (1, 2, 1, 3, 'Rain over Kobe', 0.99),
  (1, 2, 2, null, 'A torn sleeve', 5.00),
  (2, 1, 1, null, 'A lost copy', 1000000000.01);

-- New rows come after the written keys.
select setval(pg_get_serial_sequence(name, key), 100)
from (values ('store', 'store_id'), ('staff', 'staff_id'), ('film', 'film_id'), ('actor', 'actor_id'),
  ('inventory', 'inventory_id'), ('rental', 'rental_id')) as written (name, key);
