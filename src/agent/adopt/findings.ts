/** What came up while a definition was made of a container; each an end of a sentence. */
export interface Findings {
  /** What no definition may say: the container cannot be adopted. */
  readonly unsayable: string[];
  /** What its definition leaves out, or says in another way. */
  readonly notes: string[];
}
