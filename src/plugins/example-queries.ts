/** The tabs that GraphiQL opens with, a query in each. */
export const exampleTabs = [
  {
    query: `# The home page: two services and the database, all at once.
# \`extensions.timing\` in the answer shows where the time went.
query Home {
  home {
    promo {
      title
      text
      item { name price }
    }
    recommendations {
      reason
      item { name currentPrice stock }
    }
    featured(first: 5) {
      name
      price
      supplier { name }
    }
  }
}
`,
  },
  {
    query: `# Twenty items with everything around them: four SQL statements and two HTTP calls, whatever the number of items.
query Page {
  menu {
    items(first: 20) {
      nodes {
        sku
        name
        supplier { name }
        reviews(first: 5) {
          nodes {
            rating
            text
            customer { name }
          }
        }
        currentPrice
        stock
      }
    }
  }
}
`,
  },
  {
    query: `# Ten suppliers of a second each. Try SEQUENTIAL for the difference.
query Quotes {
  quotes(count: 10, mode: CONCURRENT) {
    message
    elapsed
    quotes { supplier price error }
  }
}
`,
  },
  {
    query: `# Six questions about one set of items, asked at the same time.
query Menu {
  menu(where: { status: { eq: ACTIVE }, price: { lt: "20" } }) {
    count
    exists
    cheapest: first(orderBy: [{ field: PRICE }]) { name price }
    dearest: last(orderBy: [{ field: PRICE }]) { name price }
    price { average minimum maximum sum }
    items(first: 5, orderBy: [{ field: NAME }]) {
      totalCount
      pageInfo { hasNextPage endCursor }
      edges { cursor node { name price } }
    }
  }
}
`,
  },
  {
    query: `# The services may take their time: the rest of the page comes first.
query Deferred {
  home {
    featured(first: 5) { name price }
    ... @defer {
      promo { title }
      recommendations { reason item { name } }
    }
  }
}
`,
  },
  {
    query: `# Raise the prices of all drafts by a tenth, in one statement.
mutation Reprice {
  repriceItems(input: { where: { status: { eq: DRAFT } }, percent: "10" }) {
    count
    userErrors { code message field }
  }
}
`,
  },
  {
    query: `# Work for later. A worker does it, and keeps what came of it.
mutation Add {
  add(x: 2, y: 3) {
    job { id task state input }
    userErrors { code message }
  }
}
`,
  },
  {
    query: `# The first job there is, until it is settled. Take the ID of another one for another.
subscription Watch {
  job(id: "Sm9iOjE=") {
    task
    state
    progress
    message
    result
  }
}
`,
  },
];
