import type { TemplateVariableRow, TemplateVariableValueRow } from "../../../../store/content-schema.ts";

type Definition = Pick<TemplateVariableRow, "name" | "caption" | "description" | "type"> &
  Partial<Pick<TemplateVariableRow, "default_text" | "elements" | "category">>;

const DEFINITIONS: readonly Definition[] = [
  { name: "summary", caption: "Summary", description: "Two sentences for lists and search results", type: "textarea" },
  {
    name: "audience",
    caption: "Audience",
    description: "Who should read this",
    type: "dropdown",
    default_text: "everyone",
    elements: "everyone||staff||customers||installers",
  },
  { name: "reading_minutes", caption: "Reading time", description: "In minutes", type: "number", default_text: "3" },
  { name: "tags", caption: "Tags", description: "Words to find the page by, with commas between", type: "text" },
  { name: "price", caption: "Price", description: "In euros, without tax", type: "text", category: 2 },
  { name: "owner_team", caption: "Owner", description: "The team that keeps the page right", type: "text", default_text: "handbook" },
];

export const TEMPLATE_VARIABLES: readonly TemplateVariableRow[] = DEFINITIONS.map((definition, index) => ({
  id: index + 1,
  default_text: null,
  display: "",
  elements: null,
  rank: index,
  category: 1,
  locked: 0,
  ...definition,
}));

/** What documents say for themselves, by document and by the name of the variable. */
const VALUES: Readonly<Record<number, Readonly<Record<string, string>>>> = {
  3: {
    summary: "In 2009 a ferry missed the tide. The first gauge was bolted to the pier a month later.",
    reading_minutes: "6",
    tags: "company, history",
  },
  8: { audience: "staff", tags: "boat,booking", owner_team: "survey" },
  11: { audience: "staff", reading_minutes: "2", tags: "onboarding" },
  12: { audience: "staff", reading_minutes: "2", tags: "onboarding, people" },
  13: { audience: "staff", reading_minutes: "10", tags: "onboarding, security", owner_team: "workshop" },
  14: { audience: "staff", reading_minutes: "4", tags: "hours" },
  16: { summary: "Thirty days, five of which move to the next year.", audience: "staff", reading_minutes: "5", tags: "leave, holidays" },
  17: { audience: "staff", reading_minutes: "2", tags: "leave, health" },
  19: { audience: "staff", reading_minutes: "7", tags: "leave, family" },
  20: { audience: "staff", reading_minutes: "12", tags: "leave, family" },
  24: { audience: "staff", reading_minutes: "8", tags: "money, travel" },
  28: {
    summary: "A radar gauge that looks down on the water and never touches it.",
    audience: "customers",
    tags: "radar||harbour",
    price: "1490.00",
    owner_team: "workshop",
  },
  29: { audience: "customers", reading_minutes: "9", tags: "radar, reference" },
  31: { audience: "installers", reading_minutes: "11", tags: "installing, radar" },
  33: { audience: "installers", reading_minutes: "4", tags: "installing, reference" },
  34: { audience: "installers", reading_minutes: "6", tags: "installing, data" },
  35: {
    summary: "The weather that explains the water.",
    audience: "customers",
    tags: "weather||harbour",
    price: "980.50",
    owner_team: "workshop",
  },
  37: { audience: "customers", tags: "retired", price: "450", owner_team: "workshop" },
  38: { audience: "customers", price: "on request", owner_team: "survey" },
  41: { audience: "customers", reading_minutes: "5", tags: "help", owner_team: "support" },
  42: { audience: "customers", reading_minutes: "15", tags: "help, data", owner_team: "support" },
  44: { audience: "customers", reading_minutes: "1", tags: "firmware", owner_team: "support" },
  45: { audience: "customers", reading_minutes: "1", tags: "firmware", owner_team: "support" },
};

export const TEMPLATE_VARIABLE_VALUES: readonly TemplateVariableValueRow[] = Object.entries(VALUES)
  .flatMap(([contentid, values]) =>
    TEMPLATE_VARIABLES.flatMap(({ id, name }) => {
      const value = values[name];
      return value === undefined ? [] : [{ contentid: Number(contentid), tmplvarid: id, value }];
    }),
  )
  .map((row, index) => ({ id: index + 1, ...row }));
