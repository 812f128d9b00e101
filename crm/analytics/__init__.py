"""Pure analyses: DataFrames in, frozen results out; no database, no screen, no analysis knows another."""
