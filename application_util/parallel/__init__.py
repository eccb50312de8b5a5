"""Many jobs on processes of this machine or on a cluster, and reading ahead of the caller."""
