"""The Report tab: how good the network is."""
