import { spendDays } from "./spend.ts";

spendDays("RGW");
