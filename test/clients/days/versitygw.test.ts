import { spendDays } from "./spend.ts";

spendDays("versitygw");
