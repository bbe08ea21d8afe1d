"""Reading a prompt: one file for each subject that words can be about, with its words."""
