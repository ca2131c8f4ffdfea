"""dl2ecd: a deep-learning model and its class information become an Esri classifier definition."""
