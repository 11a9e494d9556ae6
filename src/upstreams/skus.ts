/** SKUs as the value of a query parameter: `style: form, explode: false` of OpenAPI. */
export function toSkuList(skus: readonly string[]): string {
  return skus.map(encodeURIComponent).join(',');
}
