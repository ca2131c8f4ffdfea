"""The Esri classifier definition (.ecd) that this project writes and reads; see README.md."""
