/** Where a command writes; text with its line ends. */
export type Terminal = {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  /** Somebody looks at stderr, where a line may be written over. */
  readonly isInteractive?: boolean;
  /** Somebody looks at stdout, where colours help. */
  readonly isPage?: boolean;
};
