"""The Atlas tab: what each channel looks for."""
