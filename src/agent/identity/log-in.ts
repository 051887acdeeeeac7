import { ApiClient, type ApiClientOptions } from "../../api/api-client.ts";
import { ENDPOINTS } from "../../api/endpoints/endpoints.ts";

/** A token for agents from the identity provider at `url` (no slash at the end). Throws what it refuses with. */
export async function logIn(url: string, username: string, password: string, fetch?: ApiClientOptions["fetch"]): Promise<string> {
  const client = new ApiClient({ baseUrl: url, bearer: undefined, fetch });
  const { token } = await client.call(ENDPOINTS.agentAuth.login, { body: { username, password } });
  return token;
}
