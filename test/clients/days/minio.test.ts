import { spendDays } from "./spend.ts";

spendDays("MinIO");
