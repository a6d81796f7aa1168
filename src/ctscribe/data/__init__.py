"""Cases in bulk: the public data sets as they lie on disk, their cache, and phantoms whose truth is known."""
