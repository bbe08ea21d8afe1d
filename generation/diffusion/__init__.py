"""Open music models on a GPU: downloading, loading, prompting, generating, finishing."""
