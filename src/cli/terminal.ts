/** The place a command writes to; text with its line ends. */
export type Terminal = {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  /** True if somebody looks at stderr, where a line may be written over. */
  readonly isInteractive?: boolean;
  /** True if somebody looks at stdout, where colours help. */
  readonly isPage?: boolean;
};
