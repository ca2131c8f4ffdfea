"""The files of a map, whole or not at all, and what there is to say of them."""
