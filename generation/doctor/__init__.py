"""The doctors of the storage and of the engines: each goes the whole way once, and tells what to mend."""
