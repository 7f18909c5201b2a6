/** The access models of config/providers. */
export const PROVIDERS = ["aws", "atman", "lumi-o", "qumulo", "coscine", "nutanix"] as const;
