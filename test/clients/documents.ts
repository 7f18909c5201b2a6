/** The documents that several clients send as they are. */

/** Returns a policy that lets everybody read keys below `open/`. */
export function openPolicy(bucket: string): string {
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: "*",
        Action: "s3:GetObject",
        Resource: `arn:aws:s3:::${bucket}/open/*`,
      },
    ],
  });
}

export const CORS_RULE = {
  AllowedOrigins: ["https://example.org"],
  AllowedMethods: ["GET"],
  AllowedHeaders: ["*"],
  MaxAgeSeconds: 60,
};

export const LIFECYCLE_RULE = {
  ID: "week",
  Status: "Enabled",
  Filter: { Prefix: "old/" },
  Expiration: { Days: 7 },
} as const;
