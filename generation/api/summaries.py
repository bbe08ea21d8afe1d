"""What each call does, in a few plain words, by its `operationId`: the titles of the API's page."""

SUMMARIES = {
    "list_jobs": "List your jobs",
    "create_job": "Order music",
    "read_job": "See how a job stands",
    "cancel_job": "Cancel a job",
    "retry_job": "Order the same again",
    "read_job_audio": "Hear what a job made",
    "list_tracks": "List and search your tracks",
    "read_track": "See a track",
    "change_track": "Rename, tag or share a track",
    "delete_track": "Delete a track for good",
    "read_track_audio": "Hear or download a track",
    "read_track_midi": "Download a track's notes as MIDI",
    "read_track_peaks": "Get the peaks to draw a waveform",
    "list_engines": "List the engines and their limits",
    "list_genres": "List the genres",
}
