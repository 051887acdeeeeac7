import type { DocumentRow } from "../../../../store/content-schema.ts";

/*
 * The site of Skerry Instruments, an invented maker of tide gauges: a handbook, product pages and
 * a support section. Data, longer than a source file should be.
 */

/** 2026-01-05 08:00 UTC; the site was made then, a page an hour. */
const FOUNDED = 1_767_600_000;
const HOUR = 3600;
const DAY = 24 * HOUR;

const PAGE = 1;
const ARTICLE = 2;
const PRODUCT = 3;

type Extra = Partial<Omit<DocumentRow, "id" | "parent" | "menuindex" | "pagetitle">>;

const UNPUBLISHED: Extra = { published: 0 };
const IN_BIN: Extra = { deleted: 1, published: 0 };
const NOT_IN_MENUS: Extra = { hidemenu: 1 };

/** One page per line: its id, its parent (0: the root), its place among its siblings, title, description. */
const PAGES: readonly (readonly [id: number, parent: number, menuindex: number, title: string, description: string, extra?: Extra])[] = [
  [1, 0, 0, "Home", "Skerry Instruments measures the sea, one harbour at a time"],
  [2, 0, 1, "About us", "Who we are and where to find us"],
  [3, 2, 0, "Our story", "From one gauge on a fishing pier to forty harbours", { template: ARTICLE }],
  [4, 2, 1, "People", "The eleven of us, and what each of us is asked about most"],
  [5, 2, 2, "Where we work", "A workshop, a laboratory and a boat"],
  [6, 5, 0, "Harbour workshop", "Where gauges are built and where they come back to", { template: ARTICLE }],
  [7, 5, 1, "Calibration laboratory", "A tank, a laser and a very quiet room", { template: ARTICLE }],
  [8, 5, 2, "Survey boat", "How to book the boat and what to bring", { template: ARTICLE }],
  [9, 0, 2, "Handbook", "How we work together: everyone may suggest a change"],
  [10, 9, 0, "Your first week", "What happens between the first coffee and the first Friday"],
  [11, 10, 0, "Before you arrive", "What we prepare and what you can leave to us", { template: ARTICLE }],
  [12, 10, 1, "Day one", "Keys, a desk, lunch with the team", { template: ARTICLE }],
  [13, 10, 2, "Accounts and keys", "Which accounts you get and whom to ask for more", { template: ARTICLE }],
  [14, 9, 1, "Working hours", "Tides set the calendar, you set the hours", { template: ARTICLE, alias: "hours" }],
  [15, 9, 2, "Time off", "Holidays, sickness and everything in between"],
  [16, 15, 0, "Holidays", "Thirty days a year, and please take them", { template: ARTICLE }],
  [17, 15, 1, "Sick leave", "Stay at home, tell one person, get well", { template: ARTICLE }],
  [18, 15, 2, "Parental leave", "For every parent, in one piece or several"],
  [19, 18, 0, "Asking for parental leave", "Two months ahead is enough; a note is enough", { template: ARTICLE, alias: "asking" }],
  [20, 18, 1, "Coming back", "Start slowly: four weeks at half time, full pay", { template: ARTICLE }],
  [21, 18, 2, "Parental leave 2019", "The rules before we changed them", { ...IN_BIN, template: ARTICLE }],
  [22, 9, 3, "Money", "Pay, expenses and the company card"],
  [23, 22, 0, "Pay days", "On the 25th, or the working day before", { template: ARTICLE }],
  [24, 22, 1, "Travel expenses", "Keep the receipt, send a photograph, forget about it", { template: ARTICLE }],
  [25, 22, 2, "Expense form (paper)", "Replaced by the photograph", { ...IN_BIN, template: ARTICLE }],
  [26, 22, 3, "Pay review 100% explained", "How a review works, step_by_step!", { ...UNPUBLISHED, template: ARTICLE }],
  [27, 0, 3, "Products", "Gauges and masts that are left alone for years"],
  [28, 27, 0, "Tide gauge TG-2", "Radar gauge for harbours, accurate to three millimetres", { template: PRODUCT, alias: "tg-2" }],
  [29, 28, 0, "Specifications of the TG-2", "Range, accuracy, power, weight", { template: ARTICLE, alias: "specifications" }],
  [30, 28, 1, "Installing the TG-2", "From an empty quay to the first reading"],
  [31, 30, 0, "Choosing a site", "Still water, a fixed wall, and sky for the antenna", { template: ARTICLE }],
  [32, 30, 1, "Mounting the arm", "Two people, four bolts, one spirit level"],
  [33, 32, 0, "Bolts and torque", "Which bolt for which wall, and how tight", { template: ARTICLE }],
  [34, 30, 2, "The first reading", "What the first hour of data should look like", { template: ARTICLE }],
  [35, 27, 1, "Weather mast WM-1", "Wind, pressure and temperature beside your gauge", { template: PRODUCT, alias: "wm-1" }],
  [36, 35, 0, "Maintaining the WM-1", "Once a year, in spring, an hour", { template: ARTICLE }],
  [37, 27, 2, "Tide gauge TG-1", "No longer sold, still looked after", { ...NOT_IN_MENUS, template: PRODUCT, alias: "tg-1" }],
  [38, 27, 3, "Wave buoy WB-0", "A prototype: to be announced", { ...UNPUBLISHED, template: PRODUCT, pub_date: FOUNDED + 500 * DAY }],
  [39, 0, 4, "Support", "Help yourself, or ask us"],
  [40, 39, 0, "Troubleshooting", "The three things it usually is"],
  [41, 40, 0, "No signal", "Power, antenna, card: in this order", { template: ARTICLE }],
  [42, 40, 1, "Readings drift", "When the sea seems to rise faster than it should", { template: ARTICLE }],
  [43, 39, 1, "Firmware notes", "What changed, newest first"],
  [44, 43, 0, "Firmware 4.0", "Sleeps between readings: twice the battery life", { template: ARTICLE, pub_date: FOUNDED + 60 * DAY }],
  [
    45,
    43,
    1,
    "Firmware 3.2",
    "Fixes the reading at exact midnight",
    { template: ARTICLE, pub_date: FOUNDED + 10 * DAY, unpub_date: FOUNDED + 900 * DAY },
  ],
  [46, 39, 2, "Contact support", "A person answers on working days", { alias: null }],
  [47, 0, 5, "Tide tables", "The tables of the harbour office", { type: "reference", alias: "tides" }],
  [48, 0, 6, "Page not found", "What visitors see when a page is gone", NOT_IN_MENUS],
];

const PARENTS = new Set(PAGES.map(([, parent]) => parent));

export const DOCUMENTS: readonly DocumentRow[] = PAGES.map(([id, parent, menuindex, pagetitle, description, extra]) => ({
  id,
  parent,
  pagetitle,
  longtitle: `${pagetitle} | Skerry Instruments`,
  description,
  alias: aliasOf(pagetitle),
  published: 1,
  deleted: 0,
  hidemenu: 0,
  menuindex,
  template: PAGE,
  createdon: FOUNDED + id * HOUR,
  editedon: FOUNDED + id * HOUR + (id % 7) * DAY,
  pub_date: 0,
  unpub_date: 0,
  isfolder: PARENTS.has(id) ? 1 : 0,
  type: "document",
  ...extra,
}));

function aliasOf(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
}
