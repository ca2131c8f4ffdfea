"""Pictures that a model gives one class each: files of a folder, or what lies around points."""
