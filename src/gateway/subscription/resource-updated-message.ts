/** The notification that a resource is not what it was, by the URI that its reader knows. */
export function resourceUpdatedMessage(uri: string): string {
  return `{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"uri":${JSON.stringify(uri)}}}`;
}
