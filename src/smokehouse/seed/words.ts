import type { Random } from './random.ts';

const WOODS = ['Oak', 'Hickory', 'Apple', 'Cherry', 'Maple', 'Mesquite', 'Beech', 'Alder', 'Pecan', 'Juniper'] as const;
const CITIES = ['Austin', 'Memphis', 'Lockhart', 'Durham', 'Kansas City', 'Leeds', 'Cork', 'Bergen', 'Ghent'] as const;
const SURNAMES = ['Miller', 'Okafor', 'Lindqvist', 'Hargreaves', 'Tanaka', 'Moreau', 'Delgado', 'Novak'] as const;
const FIRST_NAMES = ['Ada', 'Ben', 'Chidi', 'Dora', 'Emil', 'Farah', 'Greta', 'Hugo', 'Ines', 'Jonas', 'Kei'] as const;
const TRADES = ['Smokehouse', 'Farm', 'Butchers', 'Fishery', 'Timber', 'Provisions', '& Daughters', '& Sons'] as const;

const FOODS = [
  ...['brisket', 'pork shoulder', 'spare ribs', 'short ribs', 'pork belly', 'lamb shoulder', 'bacon', 'ham hock'],
  ...['chicken thighs', 'turkey breast', 'duck breast', 'salmon', 'trout', 'mackerel', 'eel', 'sausages'],
  ...['cheddar', 'tofu', 'aubergine', 'garlic', 'almonds', 'sea salt', 'paprika', 'butter'],
] as const;
const REGIONS = ['Carolina', 'Kansas City', 'Texas', 'Memphis', 'Alabama', 'Jamaican', 'Korean', 'Basque'] as const;
const TASTES = ['honey', 'bourbon', 'chipotle', 'mustard', 'black pepper', 'coffee', 'cider', 'molasses'] as const;
const CONDIMENTS = ['sauce', 'rub', 'marinade', 'glaze', 'mop', 'pickles'] as const;
const FUELS = ['chips', 'chunks', 'logs', 'pellets', 'planks', 'charcoal'] as const;
const WEIGHTS = ['250 g', '500 g', '750 g', '1 kg', '2 kg', '5 kg'] as const;
const SERVING = ['Serve warm', 'Good cold the next day', 'Slice thin', 'Rest for ten minutes first'] as const;

const PRAISE = ['The best I have had.', 'Deep smoke, tender all through.', 'Gone in one evening.', 'Worth the wait.'];
const SHRUGS = ['Decent, a little salty.', 'Fine for the price.', 'Good, though smaller than I thought.'];
const GRUMBLES = ['Dry at the edges.', 'Too much smoke for me.', 'Arrived late and cold.'];
const REMARKS = [
  'Would order again.',
  'Bought it for a party of ten.',
  'My neighbours asked for the address.',
  '',
] as const;

const CHORES = ['Order', 'Count', 'Restack', 'Price', 'Photograph', 'Taste'] as const;

/** The name and the description of an item. */
interface Product {
  name: string;
  description: string;
  isFood: boolean;
}

/** Two thirds smoked food, one sixth condiments, one sixth fuel. */
export function toProduct(random: Random): Product {
  const shelf = random.below(6);
  if (shelf === 0) return fuel(random);
  if (shelf === 1) return condiment(random);
  const wood = random.pick(WOODS);
  const description = `Smoked over ${wood.toLowerCase()} for ${2 + random.below(15)} hours. ${random.pick(SERVING)}.`;
  return { name: `${wood}-smoked ${random.pick(FOODS)}, ${random.pick(WEIGHTS)}`, description, isFood: true };
}

/** The text of a review, to match its rating. */
export function toReviewText(random: Random, rating: number): string {
  const opinions = rating >= 4 ? PRAISE : rating === 3 ? SHRUGS : GRUMBLES;
  return `${opinions[random.below(opinions.length)]} ${random.pick(REMARKS)}`.trim();
}

export function toSupplierName(random: Random): string {
  return `${random.pick(SURNAMES)} ${random.pick(TRADES)}`;
}

export function toPersonName(random: Random): string {
  return `${random.pick(FIRST_NAMES)} ${random.pick(SURNAMES)}`;
}

export function toCity(random: Random): string {
  return random.pick(CITIES);
}

export function toChore(random: Random): string {
  return `${random.pick(CHORES)} the ${random.pick(FOODS)}`;
}

function fuel(random: Random): Product {
  const wood = random.pick(WOODS);
  const name = `${wood} ${random.pick(FUELS)}, ${random.pick(WEIGHTS)}`;
  return { name, description: `${wood}, dried for two summers. Keep dry.`, isFood: false };
}

function condiment(random: Random): Product {
  const taste = random.pick(TASTES);
  const name = `${random.pick(REGIONS)} ${taste} ${random.pick(CONDIMENTS)}, ${random.pick(WEIGHTS)}`;
  return { name, description: `Made in small batches with ${taste}. ${random.pick(SERVING)}.`, isFood: true };
}
