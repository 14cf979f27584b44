"""The See inside tab: heat maps, feature maps and textures of one picture."""
