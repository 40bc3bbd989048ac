"""The main job: all steps in turn, their proofs, verdict and budget."""
