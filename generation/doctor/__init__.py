"""The doctor of the storage: goes the whole way of a track's audio with a probe, and tells what to mend."""
