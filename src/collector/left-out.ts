/**
 * Stands in the bundle for parts of the SDK that the collector's two operations never load: event streams, which Athena
 * does not use.
 */
export {};
