"""Readers of Keras models: HDF5 files of all generations, and the .keras archive of Keras 3."""
