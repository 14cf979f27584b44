"""What both painting tabs, Paint and Paint slowly, have in common."""
