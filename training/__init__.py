"""Networks, data, preprocessing and the scripts that train and evaluate them."""
