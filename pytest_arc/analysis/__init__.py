"""What finished trials tell beyond a verdict. Nothing here decides about a run."""
