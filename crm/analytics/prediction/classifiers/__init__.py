"""Models that tell a yes from a no: one file each, a catalogue of them, and the model that is kept."""
