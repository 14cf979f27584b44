"""What every training run has: its folder, processes, schedule, optimiser and pictures."""
