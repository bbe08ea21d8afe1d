"""The doctors of the storage and of the engines: each goes all the way once, and says how to mend what fails."""
