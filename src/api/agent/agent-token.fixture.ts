/** For tests: the token that the fake agent takes; another is refused. */
export const AGENT_TOKEN = "jwt-of-the-test";
