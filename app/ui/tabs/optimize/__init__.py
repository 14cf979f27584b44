"""The Paint slowly tab: Gatys optimisation."""
