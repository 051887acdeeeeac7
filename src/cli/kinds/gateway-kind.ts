import { ENDPOINTS } from "../../api/endpoints/endpoints.ts";
import { type GatewayResource, gatewayCreateSchema } from "../../api/resources/gateway.ts";
import { ageOf, agoOf } from "../age.ts";
import { defineKind } from "./kind.ts";

export const gatewayKind = defineKind<GatewayResource>({
  plural: "gateways",
  singular: "gateway",
  aliases: ["gw"],
  endpoints: ENDPOINTS.gateways,
  idPrefix: "gw_",
  filters: { name: "name" },
  columns: [
    { header: "NAME", cell: ({ name }) => name },
    { header: "PREFIX", cell: ({ prefix }) => prefix },
    { header: "LAST SEEN", cell: ({ lastSeenAt }, now) => agoOf(lastSeenAt, now) },
    { header: "AGE", cell: ({ createdAt }, now) => ageOf(createdAt, now) },
    { header: "DESCRIPTION", wide: true, cell: ({ description }) => description || "-" },
    { header: "ID", wide: true, cell: ({ id }) => id },
  ],
  spec: { schema: gatewayCreateSchema, derived: ["prefix", "lastSeenAt"], skipWhere: () => "already enrolled - skipped" },
});
